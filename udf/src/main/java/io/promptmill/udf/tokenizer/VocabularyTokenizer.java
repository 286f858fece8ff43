package io.promptmill.udf.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Takes special tokens out of the text, has the rest encoded, and puts it together again. What a user's text may contain
 * is found by one matcher, what a template may contain by another one.
 */
final class VocabularyTokenizer implements Tokenizer {
    private static final byte[] NO_BYTES = {};

    private final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final TextEncoder encoder;
    private final TextFrame frame;
    private final TokenMatcher inUserText = new TokenMatcher();
    private final TokenMatcher inTemplate = new TokenMatcher();
    private final byte[][] bytes;

    VocabularyTokenizer(Vocabulary vocabulary, SpecialTokens special, TextEncoder encoder, TextFrame frame) {
        this.vocabulary = vocabulary;
        this.special = special;
        this.encoder = encoder;
        this.frame = frame;
        bytes = new byte[vocabulary.size()][];
        for (int token = 0; token < bytes.length; token++) {
            bytes[token] = bytesOf(token);
            if (vocabulary.kind(token) == TokenKind.USER_DEFINED) {
                inUserText.add(vocabulary.piece(token), token);
                inTemplate.add(vocabulary.piece(token), token);
            }
        }
        special.reserved().forEach(inTemplate::add);
    }

    private byte[] bytesOf(int token) {
        return switch (vocabulary.kind(token)) {
            case NORMAL -> encoder.bytes(token);
            case BYTE -> new byte[] {(byte) vocabulary.byteValue(token)};
            case USER_DEFINED, VISIBLE_CONTROL -> vocabulary.piece(token).getBytes(StandardCharsets.UTF_8);
            case UNDEFINED, UNKNOWN, CONTROL, UNUSED -> new byte[0];
        };
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int[] encode(String text, boolean addSpecial) {
        IntList ids = new IntList(text.length() / 3 + 2);
        if (addSpecial && frame.addsBegin()) {
            ids.add(frame.begin());
        }
        encodeUserText(text, ids);
        if (addSpecial && frame.addsEnd()) {
            ids.add(frame.end());
        }
        return ids.toArray();
    }

    @Override
    public int[] encodeTemplate(String text, boolean addSpecial, char shield) {
        IntList ids = new IntList(text.length() / 3 + 2);
        int plainStart = 0;
        for (int position = 0; position < text.length(); ) {
            int token = inTemplate.matchAt(text, position);
            if (token == TokenMatcher.NO_TOKEN) {
                position++;
                continue;
            }
            encodeShielded(text.substring(plainStart, position), shield, ids);
            ids.add(token);
            position += vocabulary.piece(token).length();
            plainStart = frame.stripsAfter(token) ? skipSpaces(text, position) : position;
            position = plainStart;
        }
        encodeShielded(text.substring(plainStart), shield, ids);
        return framed(ids, addSpecial);
    }

    /** A template that writes the begin-of-text token itself gets no second one. */
    private int[] framed(IntList ids, boolean addSpecial) {
        boolean begins = addSpecial && frame.addsBegin() && (ids.size() == 0 || ids.get(0) != frame.begin());
        IntList all = new IntList(ids.size() + 2);
        if (begins) {
            all.add(frame.begin());
        }
        all.addAll(ids.toArray());
        if (addSpecial && frame.addsEnd()) {
            all.add(frame.end());
        }
        return all.toArray();
    }

    private void encodeShielded(String text, char shield, IntList ids) {
        encodeUserText(text.replace(String.valueOf(shield), ""), ids);
    }

    /** Text behind a special token counts as the start of a text, as in the reference engine. */
    private void encodeUserText(String text, IntList ids) {
        int plainStart = 0;
        for (int position = 0; position < text.length() && !inUserText.isEmpty(); ) {
            int token = inUserText.matchAt(text, position);
            if (token == TokenMatcher.NO_TOKEN) {
                position++;
                continue;
            }
            if (position > plainStart) {
                encoder.encode(text, plainStart, position, ids);
            }
            ids.add(token);
            position += vocabulary.piece(token).length();
            plainStart = position;
        }
        if (plainStart < text.length()) {
            encoder.encode(text, plainStart, text.length(), ids);
        }
    }

    private static int skipSpaces(String text, int start) {
        int position = start;
        while (position < text.length() && (text.charAt(position) == ' ' || isControlSpace(text.charAt(position)))) {
            position++;
        }
        return position;
    }

    private static boolean isControlSpace(char unit) {
        return unit >= '\t' && unit <= '\r';
    }

    @Override
    public String piece(int token) {
        return vocabulary.piece(token);
    }

    @Override
    public boolean isControl(int token) {
        return vocabulary.kind(token) == TokenKind.CONTROL || vocabulary.kind(token) == TokenKind.UNKNOWN;
    }

    @Override
    public Map<String, Integer> controlTokens() {
        return special.reserved();
    }

    @Override
    public OptionalInt beginOfText() {
        return frame.begin() < 0 ? OptionalInt.empty() : OptionalInt.of(frame.begin());
    }

    @Override
    public Set<Integer> endTokens() {
        return special.ends();
    }

    @Override
    public boolean addsBeginOfText() {
        return frame.addsBegin();
    }

    @Override
    public byte[] bytes(int token, boolean beginsText) {
        byte[] text = token < bytes.length ? bytes[token] : NO_BYTES;
        boolean dropsSpace = beginsText && encoder.addsSpacePrefix() && text.length > 0 && text[0] == ' ';
        return dropsSpace ? Arrays.copyOfRange(text, 1, text.length) : text;
    }

    @Override
    public StreamingDecoder decoder(int previousToken) {
        return new Utf8StreamingDecoder(bytes, encoder.addsSpacePrefix() && beginsText(previousToken));
    }
}
