package io.promptmill.udf.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds added tokens in a text: the leftmost, and of those that begin there the longest. Safe for reading by many threads
 * once filled.
 */
final class AddedTokens {
    private final TokenMatcher spellings = new TokenMatcher();
    private final List<AddedToken> tokens = new ArrayList<>();

    /** What a text falls into, from left to right. */
    interface Receiver {

        /** Text without added tokens, {@code [start, end)}, which is not empty. */
        void text(int start, int end);

        void token(int id);
    }

    /** Searches for {@code token} under {@code spelling}. */
    void add(String spelling, AddedToken token) {
        if (!spelling.isEmpty()) {
            spellings.add(spelling, tokens.size());
            tokens.add(token);
        }
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** Takes {@code text} apart. */
    void split(String text, Receiver receiver) {
        int rest = 0;
        for (int position = 0; position < text.length() && !isEmpty(); ) {
            long match = spellings.longestAt(text, position);
            if (match < 0) {
                position++;
                continue;
            }
            AddedToken token = tokens.get((int) match);
            int start = position;
            int end = position + (int) (match >>> 32);
            position = end;
            if (token.singleWord() && (touchesWord(text, start) || isWordAt(text, end))) {
                continue;
            }
            while (token.stripsLeft() && start > rest && CharacterSet.SPACE.test(text.charAt(start - 1))) {
                start--;
            }
            while (token.stripsRight() && end < text.length() && CharacterSet.SPACE.test(text.charAt(end))) {
                end++;
            }
            if (start > rest) {
                receiver.text(rest, start);
            }
            receiver.token(token.id());
            rest = end;
            position = end;
        }
        if (rest < text.length()) {
            receiver.text(rest, text.length());
        }
    }

    private static boolean touchesWord(String text, int start) {
        return start > 0 && isWord(text.codePointBefore(start));
    }

    private static boolean isWordAt(String text, int end) {
        return end < text.length() && isWord(text.codePointAt(end));
    }

    private static boolean isWord(int codePoint) {
        return CharacterSet.RUST_WORD.test(codePoint);
    }
}
