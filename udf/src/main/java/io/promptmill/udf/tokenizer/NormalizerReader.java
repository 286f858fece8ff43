package io.promptmill.udf.tokenizer;

import java.text.Normalizer.Form;
import java.util.Base64;

/** Makes the normalizer that a tokenizer.json describes. */
final class NormalizerReader {
    private static final TextNormalizer NONE = text -> text;

    private NormalizerReader() {}

    /**
     * @throws io.promptmill.udf.error.ModelFileException for one that is unknown or damaged
     */
    static TextNormalizer read(JsonPlace place) {
        if (place.isAbsent()) {
            return NONE;
        }
        String type = place.at("type").text();
        return switch (type) {
            case "Sequence" ->
                place.at("normalizers").elements().stream()
                        .map(NormalizerReader::read)
                        .reduce(NONE, TextNormalizer::then);
            case "NFC" -> UnicodeForms.form(Form.NFC);
            case "NFD" -> UnicodeForms.form(Form.NFD);
            case "NFKC" -> UnicodeForms.form(Form.NFKC);
            case "NFKD" -> UnicodeForms.form(Form.NFKD);
            case "Lowercase" -> UnicodeForms::lowercase;
            case "Nmt" -> UnicodeForms::nmt;
            case "StripAccents" ->
                UnicodeForms.without(codePoint -> (CharacterKind.of(codePoint) & CharacterKind.MARK) != 0);
            case "Strip" ->
                UnicodeForms.strip(
                        place.at("strip_left").flagOr(true),
                        place.at("strip_right").flagOr(true));
            case "Prepend" -> prepend(place.at("prepend").text());
            case "Replace" -> replace(place);
            case "ByteLevel" -> text -> ByteAlphabet.spell(CodePoints.of(text).utf8());
            case "BertNormalizer" -> bert(place);
            case "Precompiled" -> precompiled(place.at("precompiled_charsmap"));
            default ->
                throw place.at("type")
                        .problem("is '" + Vocabulary.shortened(type) + "'; expected a known normalizer such as NFC");
        };
    }

    private static TextNormalizer prepend(String prefix) {
        return text -> text.isEmpty() ? text : prefix + text;
    }

    /** Writes one text wherever a pattern matches. */
    static TextNormalizer replace(JsonPlace place) {
        PatternProgram pattern = PatternReader.read(place.at("pattern"));
        String content = place.at("content").text();
        String literal = place.at("pattern").at("String").textOr("");
        if (!literal.isEmpty()) {
            return text -> text.replace(literal, content);
        }
        return text -> {
            CodePoints codePoints = CodePoints.of(text);
            IntList matches = new IntList(16);
            pattern.find(codePoints, 0, codePoints.length(), matches);
            if (matches.size() == 0) {
                return text;
            }
            StringBuilder result = new StringBuilder(text.length());
            int position = 0;
            for (int index = 0; index < matches.size(); index += 2) {
                codePoints.appendTo(result, position, matches.get(index));
                result.append(content);
                position = matches.get(index + 1);
            }
            codePoints.appendTo(result, position, codePoints.length());
            return result.toString();
        };
    }

    private static TextNormalizer bert(JsonPlace place) {
        boolean lowercase = place.at("lowercase").flagOr(true);
        TextNormalizer normalizer = NONE;
        if (place.at("clean_text").flagOr(true)) {
            normalizer = normalizer
                    .then(UnicodeForms.without(UnicodeForms::isBertControl))
                    .then(UnicodeForms::spacesAsBlanks);
        }
        if (place.at("handle_chinese_chars").flagOr(true)) {
            normalizer = normalizer.then(UnicodeForms::chineseApart);
        }
        if (place.at("strip_accents").flagOr(lowercase)) {
            normalizer = normalizer
                    .then(UnicodeForms.form(Form.NFD))
                    .then(UnicodeForms.without(
                            codePoint -> Character.getType(codePoint) == Character.NON_SPACING_MARK));
        }
        return lowercase ? normalizer.then(UnicodeForms::lowercase) : normalizer;
    }

    private static TextNormalizer precompiled(JsonPlace table) {
        if (table.isAbsent() || table.text().isEmpty()) {
            return NONE;
        }
        try {
            return new PrecompiledCharacters(Base64.getDecoder().decode(table.text()));
        } catch (IllegalArgumentException e) {
            throw table.problem("is no table of characters: it " + e.getMessage());
        }
    }
}
