package io.promptmill.udf.prompt;

import io.promptmill.udf.tokenizer.StreamingDecoder;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** A vocabulary of four control tokens and every code point. */
final class CharacterTokenizer implements Tokenizer {
    private static final List<String> CONTROL = List.of("<s>", "</s>", "<|im_start|>", "<|im_end|>");
    private static final int FIRST_CHARACTER = 16;
    private final boolean addsBeginOfText;

    CharacterTokenizer(boolean addsBeginOfText) {
        this.addsBeginOfText = addsBeginOfText;
    }

    /** The tokens as text, control tokens in brackets. */
    static String spell(int[] tokens) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            if (token < CONTROL.size()) {
                text.append('[').append(CONTROL.get(token)).append(']');
            } else {
                text.appendCodePoint(token - FIRST_CHARACTER);
            }
        }
        return text.toString();
    }

    @Override
    public int vocabularySize() {
        return FIRST_CHARACTER + Character.MAX_CODE_POINT + 1;
    }

    @Override
    public int[] encode(String text, boolean addSpecial) {
        List<Integer> tokens = new ArrayList<>();
        if (addSpecial && addsBeginOfText) {
            tokens.add(0);
        }
        text.codePoints().forEach(codePoint -> tokens.add(codePoint + FIRST_CHARACTER));
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public int[] encodeTemplate(String text, boolean addSpecial, char shield) {
        List<Integer> tokens = new ArrayList<>();
        if (addSpecial && addsBeginOfText) {
            tokens.add(0);
        }
        int at = 0;
        while (at < text.length()) {
            int start = at;
            int control = -1;
            for (int i = 0; i < CONTROL.size(); i++) {
                control = text.startsWith(CONTROL.get(i), start) ? i : control;
            }
            int codePoint = text.codePointAt(at);
            if (control >= 0) {
                tokens.add(control);
            } else if (codePoint != shield) {
                tokens.add(codePoint + FIRST_CHARACTER);
            }
            at += control >= 0 ? CONTROL.get(control).length() : Character.charCount(codePoint);
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public String piece(int token) {
        return spell(new int[] {token});
    }

    @Override
    public boolean isControl(int token) {
        return token < CONTROL.size();
    }

    @Override
    public Map<String, Integer> controlTokens() {
        return Map.of(CONTROL.get(0), 0, CONTROL.get(1), 1, CONTROL.get(2), 2, CONTROL.get(3), 3);
    }

    @Override
    public OptionalInt beginOfText() {
        return OptionalInt.of(0);
    }

    @Override
    public Set<Integer> endTokens() {
        return Set.of(1, 3);
    }

    @Override
    public boolean addsBeginOfText() {
        return addsBeginOfText;
    }

    @Override
    public byte[] bytes(int token, boolean beginsText) {
        return isControl(token) ? new byte[0] : piece(token).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public StreamingDecoder decoder(int previousToken) {
        throw new UnsupportedOperationException("no test of prompts decodes");
    }
}
