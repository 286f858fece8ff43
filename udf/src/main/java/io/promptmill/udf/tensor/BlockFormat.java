package io.promptmill.udf.tensor;

/**
 * How a row of numbers is stored: a run of blocks, each of {@link #blockSize} values in {@link #blockBytes} bytes.
 *
 * <p>The layouts and the numeric ids are those of the GGUF specification (ggml-org/ggml, docs/gguf.md) and of its
 * authors' {@code src/ggml-common.h}. No format packs more than {@link #MAXIMUM_VALUES_PER_BYTE} values into a byte.
 */
public enum BlockFormat {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    IQ2_XXS(16, 256, 66),
    IQ2_XS(17, 256, 74),
    IQ3_XXS(18, 256, 98),
    IQ1_S(19, 256, 50),
    IQ4_NL(20, 32, 18),
    IQ3_S(21, 256, 110),
    IQ2_S(22, 256, 82),
    IQ4_XS(23, 256, 136),
    IQ1_M(29, 256, 56),
    BF16(30, 1, 2),
    TQ1_0(34, 256, 54),
    TQ2_0(35, 256, 66),
    MXFP4(39, 32, 17),
    NVFP4(40, 64, 36),
    Q1_0(41, 128, 18),
    Q2_0(42, 64, 18);

    /** A bit for each value is the least that a format could take. */
    public static final int MAXIMUM_VALUES_PER_BYTE = 8;

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
