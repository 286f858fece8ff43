package io.promptmill.udf.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Joins the bytes of tokens and hands out characters as they become whole. */
final class Utf8StreamingDecoder implements StreamingDecoder {
    private static final byte[] NOTHING = {};

    private final byte[][] bytesOfTokens;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private boolean dropsSpace;
    private byte[] waiting = NOTHING;

    /**
     * @param bytesOfTokens bytes by token id, not copied
     * @param dropsSpace whether the first text that comes loses one leading space
     */
    Utf8StreamingDecoder(byte[][] bytesOfTokens, boolean dropsSpace) {
        this.bytesOfTokens = bytesOfTokens;
        this.dropsSpace = dropsSpace;
    }

    @Override
    public String accept(int token) {
        byte[] bytes = bytesOfTokens[token];
        if (bytes.length == 0) {
            return "";
        }
        int skipped = dropsSpace && bytes[0] == ' ' ? 1 : 0;
        dropsSpace = false;
        ByteBuffer input = ByteBuffer.allocate(waiting.length + bytes.length - skipped);
        input.put(waiting).put(bytes, skipped, bytes.length - skipped).flip();
        return decode(input, false);
    }

    @Override
    public String finish() {
        return decode(ByteBuffer.wrap(waiting), true);
    }

    private String decode(ByteBuffer input, boolean last) {
        // UTF-8 never yields more UTF-16 units than it has bytes, replacements included.
        CharBuffer output = CharBuffer.allocate(input.remaining() + 1);
        decoder.decode(input, output, last);
        if (last) {
            decoder.flush(output);
            decoder.reset();
        }
        waiting = new byte[input.remaining()];
        input.get(waiting);
        return output.flip().toString();
    }
}
