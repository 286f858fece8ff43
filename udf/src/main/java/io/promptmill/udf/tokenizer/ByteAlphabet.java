package io.promptmill.udf.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The printable characters that GPT-2's byte-level vocabularies write bytes with: printable Latin-1 stands for itself,
 * the other bytes in order for U+0100 and up (Radford et al. 2019, the released encoder).
 */
final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final short[] BYTES = new short[0x200];

    static {
        Arrays.fill(BYTES, (short) -1);
        char next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
            CHARACTERS[value] = printable ? (char) value : next++;
            BYTES[CHARACTERS[value]] = (short) value;
        }
    }

    private ByteAlphabet() {}

    static char character(int value) {
        return CHARACTERS[value];
    }

    /** {@code bytes} in this alphabet. */
    static String spell(byte[] bytes) {
        char[] characters = new char[bytes.length];
        for (int index = 0; index < bytes.length; index++) {
            characters[index] = CHARACTERS[bytes[index] & 0xFF];
        }
        return new String(characters);
    }

    /** Whether every character of {@code piece} stands for a byte. */
    static boolean isSpelling(String piece) {
        return piece.chars().allMatch(unit -> unit < BYTES.length && BYTES[unit] >= 0);
    }

    /** The bytes that {@code piece} spells; a character from outside the alphabet stands for its own UTF-8 bytes. */
    static byte[] bytes(String piece) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(piece.length());
        piece.codePoints().forEach(codePoint -> {
            int value = codePoint < BYTES.length ? BYTES[codePoint] : -1;
            if (value >= 0) {
                bytes.write(value);
            } else {
                bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }
}
