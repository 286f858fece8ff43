package io.promptmill.udf.constraint;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Questions about bytes that may be UTF-8. */
final class Utf8Bytes {
    private Utf8Bytes() {}

    /** How many characters the bytes are; -1 where they are not whole characters. */
    static int characters(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .codePoints()
                    .map(character -> 1)
                    .sum();
        } catch (CharacterCodingException e) {
            return -1;
        }
    }

    /** The first character of bytes that are whole characters. */
    static int firstCharacter(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).codePointAt(0);
    }
}
