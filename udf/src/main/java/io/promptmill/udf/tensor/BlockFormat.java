package io.promptmill.udf.tensor;

/**
 * How a row of numbers is stored: a run of blocks, each of {@link #blockSize} values in {@link #blockBytes} bytes.
 *
 * <p>The layouts and the numeric ids are those of the GGUF specification (ggml-org/ggml, docs/gguf.md).
 */
public enum BlockFormat {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    BF16(30, 1, 2);

    private final int ggufId;
    private final int blockSize;
    private final int blockBytes;

    BlockFormat(int ggufId, int blockSize, int blockBytes) {
        this.ggufId = ggufId;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** The id of this format in a GGUF tensor description. */
    public int ggufId() {
        return ggufId;
    }

    /** Values in a block. */
    public int blockSize() {
        return blockSize;
    }

    /** Bytes in a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes of a run of {@code values} values, which must be a multiple of {@link #blockSize}. */
    public long bytesOf(long values) {
        return values / blockSize * blockBytes;
    }
}
