package io.promptmill.udf.constraint;

import java.util.BitSet;

/**
 * The characters that a vocabulary's tokens can spell, each by itself: those with a token of their own, and those of whose
 * bytes each has a token of its own. A grammar is cut down to them, so that every text of it can be spelled from every state.
 */
final class SpelledCharacters {
    private final BitSet characters = new BitSet();

    private SpelledCharacters() {}

    /** Those of a vocabulary that has each byte as a token: all of Unicode. */
    static SpelledCharacters all() {
        byte[][] bytes = new byte[256][];
        for (int value = 0; value < bytes.length; value++) {
            bytes[value] = new byte[] {(byte) value};
        }
        return of(TokenTrie.of(bytes));
    }

    static SpelledCharacters of(TokenTrie tokens) {
        SpelledCharacters spelled = new SpelledCharacters();
        boolean continued = spellsContinuations(tokens);
        for (int token : tokens.tokens()) {
            byte[] bytes = tokens.bytes(token);
            if (bytes.length == 1 && continued) {
                spelled.addLedBy(bytes[0] & 0xFF);
            }
            if (Utf8Bytes.characters(bytes) == 1) {
                int character = Utf8Bytes.firstCharacter(bytes);
                spelled.characters.set(character);
            }
        }
        spelled.characters.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
        return spelled;
    }

    /** True where each of the bytes 80 to BF is a token, with which every character can be ended that has been begun. */
    static boolean spellsContinuations(TokenTrie tokens) {
        BitSet bytes = new BitSet();
        for (int token : tokens.tokens()) {
            if (tokens.bytes(token).length == 1) {
                bytes.set(tokens.bytes(token)[0] & 0xFF);
            }
        }
        return bytes.nextClearBit(0x80) >= 0xC0;
    }

    /** Characters whose first byte of UTF-8 is {@code lead}, where it begins several. */
    private void addLedBy(int lead) {
        if (lead >= 0xC2 && lead <= 0xDF) {
            characters.set((lead & 0x1F) << 6, ((lead & 0x1F) + 1) << 6);
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            characters.set(Math.max((lead & 0x0F) << 12, 0x800), ((lead & 0x0F) + 1) << 12);
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            int end = Math.min(((lead & 0x07) + 1) << 18, Character.MAX_CODE_POINT + 1);
            characters.set(Math.max((lead & 0x07) << 18, Character.MIN_SUPPLEMENTARY_CODE_POINT), end);
        }
    }

    /** The first spelled character from {@code start} on, or -1. */
    int next(int start) {
        return characters.nextSetBit(start);
    }

    /** The last of the spelled characters that follow one another from {@code first} on, which is one. */
    int lastOfRun(int first) {
        return characters.nextClearBit(first) - 1;
    }
}
