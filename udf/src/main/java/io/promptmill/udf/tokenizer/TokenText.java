package io.promptmill.udf.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * A token on its way to text: still its spelling, or already bytes.
 *
 * @param spelling null where {@code bytes} are known
 * @param added whether it is an added token, which is spelled as it reads
 * @param first whether it begins the text
 */
record TokenText(String spelling, byte[] bytes, boolean added, boolean first) {

    TokenText spelled(String changed) {
        return new TokenText(changed, bytes, added, first);
    }

    TokenText of(byte[] known) {
        return new TokenText(null, known, added, first);
    }

    byte[] toBytes() {
        return spelling == null ? bytes : spelling.getBytes(StandardCharsets.UTF_8);
    }
}
