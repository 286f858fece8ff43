package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/** Buffers that the layers of a model share while they compute what adapters add: they compute one after another. */
final class LowRankScratch {
    private final ThreadLocal<Buffers> buffers = ThreadLocal.withInitial(Buffers::new);
    private float[][] reduced = new float[0][];

    /** Makes room for {@code A input} of a projection of a layer. */
    void reserve(int projection, int length) {
        if (projection >= reduced.length) {
            int before = reduced.length;
            reduced = Arrays.copyOf(reduced, projection + 1);
            Arrays.fill(reduced, before, reduced.length, new float[0]);
        }
        if (reduced[projection].length < length) {
            reduced[projection] = new float[length];
        }
    }

    /** {@code A input} of a projection, {@code [tiles][rank][16 lanes]}. */
    float[] reduced(int projection) {
        return reduced[projection];
    }

    /** Those of the calling thread. */
    Buffers buffers() {
        return buffers.get();
    }

    /** Buffers of one thread, as large as any use of them so far. */
    static final class Buffers {
        private final float[] results = new float[LowRankPair.OUTPUTS * RowTiles.LANES];
        private float[] factor = new float[0];
        private float[] sums = new float[0];
        private float[] row = new float[0];

        /** Some outputs of a tile or of a row. */
        float[] results() {
            return results;
        }

        /** The same, set to 0. */
        float[] clearedResults() {
            Arrays.fill(results, 0f);
            return results;
        }

        /** Decoded numbers of A or B. */
        float[] factor(int length) {
            factor = factor.length < length ? new float[length] : factor;
            return factor;
        }

        /** Sums, set to 0. */
        float[] sums(int length) {
            sums = sums.length < length ? new float[length] : sums;
            Arrays.fill(sums, 0, length, 0f);
            return sums;
        }

        /** A row of {@code A input}, which lies at {@code source[offset + j * 16]}. */
        float[] row(float[] source, int offset, int rank) {
            row = row.length < rank ? new float[rank] : row;
            for (int j = 0; j < rank; j++) {
                row[j] = source[offset + j * RowTiles.LANES];
            }
            return row;
        }
    }
}
