package io.promptmill.udf.layers;

import static io.promptmill.udf.kernels.LowRankKernels.RANKS;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.tensor.Matrix;

/**
 * What one adapter adds to one projection, packed: A as {@code [rank / 16][inputs][16 ranks]}, B as
 * {@code [outputs / 64][rank][64 outputs]}, what is missing at the ends 0. Immutable and thread-safe.
 *
 * @param scales of each rank: what the product of the numbers that the two hold is multiplied with
 */
record LowRankPair(int rank, int inputs, int outputs, LowRankFactor down, LowRankFactor up, float[] scales) {
    /** Outputs that are computed at a time: what one thread writes of a row's sums lies in few cache lines. */
    static final int OUTPUTS = 64;

    static LowRankPair of(
            Matrix down, LowRankFactor packedDown, Matrix up, double scale, Kernels kernels, Precision precision) {
        int rank = down.rows();
        int outputs = up.rows();
        float[] stored = decode(up);
        int blocks = (outputs + OUTPUTS - 1) / OUTPUTS;
        float[] values = new float[Math.multiplyExact(Math.multiplyExact(blocks, OUTPUTS), rank)];
        for (int i = 0; i < outputs; i++) {
            int start = i / OUTPUTS * OUTPUTS * rank + i % OUTPUTS;
            for (int j = 0; j < rank; j++) {
                values[start + j * OUTPUTS] = stored[i * rank + j];
            }
        }
        LowRankFactor packedUp = LowRankFactor.of(kernels, values, precision, rank, i -> i / OUTPUTS % rank);
        float[] scales = new float[rank];
        for (int j = 0; j < rank; j++) {
            scales[j] = (float) (scale * packedDown.scale(j) * packedUp.scale(j));
        }
        return new LowRankPair(rank, down.columns(), outputs, packedDown, packedUp, scales);
    }

    /** Packs A. */
    static LowRankFactor packDown(Matrix down, Kernels kernels, Precision precision) {
        int inputs = down.columns();
        float[] stored = decode(down);
        float[] values = new float[Math.multiplyExact(Math.multiplyExact(blocks(down.rows()), RANKS), inputs)];
        for (int j = 0; j < down.rows(); j++) {
            int start = j / RANKS * inputs * RANKS + j % RANKS;
            for (int k = 0; k < inputs; k++) {
                values[start + k * RANKS] = stored[j * inputs + k];
            }
        }
        int ranks = blocks(down.rows()) * RANKS;
        return LowRankFactor.of(kernels, values, precision, ranks, i -> i / (inputs * RANKS) * RANKS + i % RANKS);
    }

    /** Bytes that it takes packed, at most. */
    static long bytes(Matrix down, Matrix up, Precision precision) {
        long a = (long) blocks(down.rows()) * RANKS * down.columns();
        long b = (up.rows() + OUTPUTS - 1L) / OUTPUTS * OUTPUTS * up.columns();
        return (a + b) * LowRankFactor.mostBytes(precision);
    }

    /** Blocks of sixteen ranks. */
    int blocks() {
        return blocks(rank);
    }

    /** Ranks of a block. */
    int ranks(int block) {
        return Math.min(RANKS, rank - block * RANKS);
    }

    private static int blocks(int rank) {
        return (rank + RANKS - 1) / RANKS;
    }

    private static float[] decode(Matrix matrix) {
        float[] values = DecodedMatrix.values(matrix);
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new ModelFileException("tensor " + matrix.name() + " has " + values[i] + " in row "
                        + i / matrix.columns() + ", column " + i % matrix.columns()
                        + "; expected finite numbers. The adapter is damaged; download it again");
            }
        }
        return values;
    }
}
