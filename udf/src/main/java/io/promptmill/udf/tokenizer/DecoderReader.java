package io.promptmill.udf.tokenizer;

import io.promptmill.udf.tokenizer.WordSplitters.PrependScheme;
import java.util.function.UnaryOperator;

/**
 * Makes the decoder that a tokenizer.json describes. Every step must look at one token at a time, as all known ones do:
 * completions are decoded while they grow.
 */
final class DecoderReader {
    private static final String[][] CLEANED = {
        {" .", "."},
        {" ?", "?"},
        {" !", "!"},
        {" ,", ","},
        {" ' ", "'"},
        {" n't", "n't"},
        {" 'm", "'m"},
        {" do not", " don't"},
        {" 's", "'s"},
        {" 've", "'ve"},
        {" 're", "'re"},
    };

    private static final int MAXIMUM_AFFIX = 64;
    private static final int MAXIMUM_LENGTH = 1 << 14;

    private final JsonPlace decoder;

    private UnaryOperator<TokenText> steps = token -> token;
    private boolean fused;
    private boolean dropsFirstSpace;
    private boolean holdsLastSpace;

    private DecoderReader(JsonPlace decoder) {
        this.decoder = decoder;
    }

    /**
     * The decoder at {@code place}; without one, tokens are joined by spaces.
     *
     * @throws io.promptmill.udf.error.ModelFileException for one that is unknown, damaged or looks at several tokens
     */
    static TokenDecoder read(JsonPlace place) {
        DecoderReader reader = new DecoderReader(place);
        if (place.isAbsent()) {
            reader.add(token -> token.first() ? token : token.spelled(" " + token.spelling()));
        } else {
            place.steps("decoders").forEach(reader::readStep);
        }
        return new TokenDecoder(place, reader.steps, reader.dropsFirstSpace, reader.holdsLastSpace);
    }

    /** Steps work on spellings; what has become bytes stays as it is. */
    private void add(UnaryOperator<TokenText> step) {
        UnaryOperator<TokenText> before = steps;
        steps = token -> {
            TokenText changed = before.apply(token);
            return changed.spelling() == null ? changed : checked(step.apply(changed));
        };
    }

    private TokenText checked(TokenText token) {
        if (token.spelling() != null && token.spelling().length() > MAXIMUM_LENGTH) {
            throw decoder.problem("makes a text of " + token.spelling().length()
                    + " characters of one token; expected at most " + MAXIMUM_LENGTH);
        }
        return token;
    }

    private void readStep(JsonPlace place) {
        String type = place.at("type").text();
        switch (type) {
            case "Fuse" -> fused = true;
            case "ByteLevel" -> add(DecoderReader::fromByteAlphabet);
            case "ByteFallback" -> add(DecoderReader::fromByteToken);
            case "Metaspace" -> addMetaspace(place);
            case "Replace" -> addReplace(place);
            case "Strip" -> addStrip(place);
            case "WordPiece" -> addWordPiece(place);
            case "BPEDecoder" -> {
                String suffix = place.at("suffix").textOr("</w>", MAXIMUM_AFFIX);
                holdsLastSpace = true;
                add(token -> token.spelled(token.spelling().replace(suffix, " ")));
            }
            default ->
                throw place.at("type")
                        .problem("is '" + Vocabulary.shortened(type) + "'; expected a known decoder such as ByteLevel");
        }
    }

    private static TokenText fromByteAlphabet(TokenText token) {
        boolean written = !token.added() && ByteAlphabet.isSpelling(token.spelling());
        return written ? token.of(ByteAlphabet.bytes(token.spelling())) : token;
    }

    private static TokenText fromByteToken(TokenText token) {
        int value = Vocabulary.byteValue(token.spelling());
        return value < 0 ? token : token.of(new byte[] {(byte) value});
    }

    private void addMetaspace(JsonPlace place) {
        JsonPlace replacement = place.at("replacement");
        String mark = replacement.isAbsent() ? "\u2581" : Character.toString(replacement.character());
        boolean drops = SplitterReader.prependScheme(place) != PrependScheme.NEVER;
        add(token -> token.spelled(token.spelling().replace(mark, drops && token.first() ? "" : " ")));
    }

    private void addReplace(JsonPlace place) {
        JsonPlace pattern = place.at("pattern");
        if (pattern.at("String").isAbsent()) {
            throw pattern.problem("is no plain text, which this engine needs to decode");
        }
        String replaced = pattern.at("String").text();
        if (fused && replaced.codePointCount(0, replaced.length()) != 1) {
            throw place.problem("replaces more than single characters behind Fuse, which this engine cannot do while a"
                    + " text grows");
        }
        TextNormalizer replace = NormalizerReader.replaceText(place);
        add(token -> token.spelled(replace.normalize(token.spelling())));
    }

    private void addStrip(JsonPlace place) {
        int content = place.at("content").character();
        int start = place.at("start").integerOr(0, 0, Integer.MAX_VALUE);
        int stop = place.at("stop").integerOr(0, 0, Integer.MAX_VALUE);
        if (!fused) {
            add(token -> token.spelled(strip(token.spelling(), content, start, stop)));
            return;
        }
        if (content != ' ' || start > 1 || stop > 0) {
            throw place.problem("strips more than one space from the start of a text, which this engine does not do");
        }
        dropsFirstSpace |= start == 1;
    }

    private static String strip(String text, int content, int start, int stop) {
        int width = Character.charCount(content);
        int from = 0;
        for (int count = 0; count < start && from < text.length() && text.codePointAt(from) == content; count++) {
            from += width;
        }
        int to = text.length();
        for (int count = 0; count < stop && to > from && text.codePointBefore(to) == content; count++) {
            to -= width;
        }
        return text.substring(from, to);
    }

    private void addWordPiece(JsonPlace place) {
        String prefix = place.at("prefix").textOr("##", MAXIMUM_AFFIX);
        boolean cleans = place.at("cleanup").flagOr(true);
        add(token -> {
            String text = token.spelling();
            if (!token.first()) {
                text = text.startsWith(prefix) ? text.substring(prefix.length()) : " " + text;
            }
            for (int rule = 0; rule < CLEANED.length && cleans; rule++) {
                text = text.replace(CLEANED[rule][0], CLEANED[rule][1]);
            }
            return token.spelled(text);
        });
    }
}
