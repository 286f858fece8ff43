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
    private final byte[][] bytesOfFirst;
    private final boolean holdsLastSpace;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private boolean dropsSpace;
    private boolean startsText;
    private byte[] waiting = NOTHING;

    /**
     * @param bytesOfTokens bytes by token id, not copied
     * @param dropsSpace whether the first text that comes loses one leading space
     */
    Utf8StreamingDecoder(byte[][] bytesOfTokens, boolean dropsSpace) {
        this(bytesOfTokens, bytesOfTokens, dropsSpace, dropsSpace, false);
    }

    /**
     * @param bytesOfTokens bytes by token id, null for tokens without text; not copied
     * @param bytesOfFirst the same for a token that begins the text
     * @param startsText whether the first token begins the text
     * @param dropsSpace whether the first text that comes loses one leading space
     * @param holdsLastSpace whether a space at the end of a token is left out where no token follows
     */
    Utf8StreamingDecoder(
            byte[][] bytesOfTokens,
            byte[][] bytesOfFirst,
            boolean startsText,
            boolean dropsSpace,
            boolean holdsLastSpace) {
        this.bytesOfTokens = bytesOfTokens;
        this.bytesOfFirst = bytesOfFirst;
        this.startsText = startsText;
        this.dropsSpace = dropsSpace;
        this.holdsLastSpace = holdsLastSpace;
    }

    @Override
    public String accept(int token) {
        // A model may have rows for more tokens than its vocabulary names.
        byte[] bytes = token >= bytesOfTokens.length ? null : (startsText ? bytesOfFirst : bytesOfTokens)[token];
        startsText &= bytes == null;
        if (bytes == null || bytes.length == 0) {
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
        ByteBuffer rest = ByteBuffer.wrap(waiting);
        return decode(rest.limit(withoutHeldSpace(rest)), true);
    }

    private int withoutHeldSpace(ByteBuffer input) {
        int end = input.limit();
        return holdsLastSpace && end > 0 && input.get(end - 1) == ' ' ? end - 1 : end;
    }

    private String decode(ByteBuffer input, boolean last) {
        int whole = input.limit();
        input.limit(withoutHeldSpace(input));
        // UTF-8 never yields more UTF-16 units than it has bytes, replacements included.
        CharBuffer output = CharBuffer.allocate(input.remaining() + 1);
        decoder.decode(input, output, last);
        if (last) {
            decoder.flush(output);
            decoder.reset();
        }
        input.limit(whole);
        waiting = new byte[input.remaining()];
        input.get(waiting);
        return output.flip().toString();
    }
}
