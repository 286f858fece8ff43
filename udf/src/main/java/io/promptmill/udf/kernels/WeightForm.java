package io.promptmill.udf.kernels;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s4;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s8;

import io.promptmill.udf.tensor.Matrix;

/** How oneDNN is given weights, and the activations that go with them. */
enum WeightForm {
    /** Eight bits with a scale per output feature; activations of eight bits. */
    INT8(dnnl_s8, dnnl_s8, 1, 0),
    /** bfloat16 without scales; activations in bfloat16. */
    BF16(dnnl_bf16, dnnl_bf16, 2, 0),
    /** The eight bits of Q8_0 with its scale per 32 input features; activations in bfloat16. */
    BLOCKS_OF_8_BITS(dnnl_bf16, dnnl_s8, 2, 32),
    /** The four bits of Q4_0 with its scale per 32 input features; activations in bfloat16. */
    BLOCKS_OF_4_BITS(dnnl_bf16, dnnl_s4, 2, 32);

    final int inputType;
    final int weightType;
    /** Bytes of an activation. */
    final int inputBytes;
    /** Input features that share a scale; 0 for all of them, or where there is none. */
    final int scaleGroup;

    WeightForm(int inputType, int weightType, int inputBytes, int scaleGroup) {
        this.inputType = inputType;
        this.weightType = weightType;
        this.inputBytes = inputBytes;
        this.scaleGroup = scaleGroup;
    }

    /** The form for a matrix. An odd number of rows of four bits would not fill the bytes of oneDNN's layout. */
    static WeightForm of(Precision precision, Matrix matrix) {
        if (precision == Precision.INT8) {
            return INT8;
        }
        return switch (matrix.format()) {
            case Q8_0 -> BLOCKS_OF_8_BITS;
            case Q4_0 -> matrix.rows() % 2 == 0 ? BLOCKS_OF_4_BITS : BF16;
            default -> BF16;
        };
    }

    /**
     * Whether plain weights lie {@code [inputs x outputs]} and are used as they lie: oneDNN converts four bits on the fly
     * and packs none. Other forms lie {@code [outputs x inputs]} and are packed.
     */
    boolean isPlain() {
        return this == BLOCKS_OF_4_BITS;
    }

    boolean hasScales() {
        return this != BF16;
    }

    /** Bytes of so many weights before packing. */
    long weightBytes(long weights) {
        return switch (this) {
            case BF16 -> weights * 2;
            case BLOCKS_OF_4_BITS -> weights / 2;
            default -> weights;
        };
    }
}
