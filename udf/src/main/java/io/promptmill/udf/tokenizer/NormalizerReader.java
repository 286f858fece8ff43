package io.promptmill.udf.tokenizer;

import java.text.Normalizer.Form;
import java.util.Base64;
import java.util.List;

/** Makes the normalizer that a tokenizer.json describes. */
final class NormalizerReader {
    private static final TextNormalizer NONE = text -> text;

    /** Known ones add one character. */
    private static final int MAXIMUM_ADDITION = 64;

    private NormalizerReader() {}

    /**
     * @throws io.promptmill.udf.error.ModelFileException for one that is unknown or damaged
     */
    static TextNormalizer read(JsonPlace place) {
        List<TextNormalizer> steps = place.steps("normalizers").stream()
                .map(NormalizerReader::readStep)
                .toList();
        return steps.isEmpty() ? NONE : TextNormalizer.sequence(steps);
    }

    private static TextNormalizer readStep(JsonPlace place) {
        String type = place.at("type").text();
        return switch (type) {
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
            case "Prepend" -> prepend(place.at("prepend").text(MAXIMUM_ADDITION));
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

    private static TextNormalizer replace(JsonPlace place) {
        if (!place.at("pattern").at("String").isAbsent()) {
            return replaceText(place);
        }
        String content = place.at("content").text(MAXIMUM_ADDITION);
        PatternProgram pattern = PatternReader.read(place.at("pattern"));
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
                TextNormalizer.checkGrowth(text.length(), result.length());
                position = matches.get(index + 1);
            }
            codePoints.appendTo(result, position, codePoints.length());
            return result.toString();
        };
    }

    /** Writes one text wherever another one stands. */
    static TextNormalizer replaceText(JsonPlace place) {
        String content = place.at("content").text(MAXIMUM_ADDITION);
        JsonPlace pattern = place.at("pattern").at("String");
        String replaced = pattern.text();
        if (replaced.isEmpty()) {
            throw pattern.problem("is empty; expected text to be replaced");
        }
        return text -> text.replace(replaced, content);
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
