package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.JavaKernels.PANEL_COLUMNS;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of the matrix product: some rows of a weight panel against one or two vectors of batch rows.
 *
 * <p>Each weight is broadcast to all lanes, a lane being a row of the batch, so a sum never crosses lanes. Eight weight
 * rows by two vectors are 16 accumulators: enough to hide the latency of the fused multiply-add on two ports, and
 * together with two inputs and a broadcast they stay in the 32 registers of AVX-512 and NEON. Four by two serve the 16
 * registers of AVX2, and the rows that remain.
 */
final class VectorProduct {
    private static final VectorSpecies<Float> SPECIES = VectorKernels.SPECIES;

    private VectorProduct() {}

    /**
     * {@code output[o0 + i * 16 ..] += sum over k of input[a0 + k * 16 ..] * panel[w + i * PANEL_COLUMNS + k]} for i in
     * [0, 8), and the same for the vectors at o1 and a1.
     */
    static void eightByTwo(
            float[] panel, int w, int columns, float[] input, int a0, int a1, float[] output, int o0, int o1) {
        FloatVector c00 = FloatVector.fromArray(SPECIES, output, o0);
        FloatVector c01 = FloatVector.fromArray(SPECIES, output, o1);
        FloatVector c10 = FloatVector.fromArray(SPECIES, output, o0 + LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, output, o1 + LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, output, o0 + 2 * LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, output, o1 + 2 * LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, output, o0 + 3 * LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, output, o1 + 3 * LANES);
        FloatVector c40 = FloatVector.fromArray(SPECIES, output, o0 + 4 * LANES);
        FloatVector c41 = FloatVector.fromArray(SPECIES, output, o1 + 4 * LANES);
        FloatVector c50 = FloatVector.fromArray(SPECIES, output, o0 + 5 * LANES);
        FloatVector c51 = FloatVector.fromArray(SPECIES, output, o1 + 5 * LANES);
        FloatVector c60 = FloatVector.fromArray(SPECIES, output, o0 + 6 * LANES);
        FloatVector c61 = FloatVector.fromArray(SPECIES, output, o1 + 6 * LANES);
        FloatVector c70 = FloatVector.fromArray(SPECIES, output, o0 + 7 * LANES);
        FloatVector c71 = FloatVector.fromArray(SPECIES, output, o1 + 7 * LANES);
        for (int k = 0; k < columns; k++) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, input, a0 + k * LANES);
            FloatVector x1 = FloatVector.fromArray(SPECIES, input, a1 + k * LANES);
            FloatVector b = FloatVector.broadcast(SPECIES, panel[w + k]);
            c00 = x0.fma(b, c00);
            c01 = x1.fma(b, c01);
            b = FloatVector.broadcast(SPECIES, panel[w + PANEL_COLUMNS + k]);
            c10 = x0.fma(b, c10);
            c11 = x1.fma(b, c11);
            b = FloatVector.broadcast(SPECIES, panel[w + 2 * PANEL_COLUMNS + k]);
            c20 = x0.fma(b, c20);
            c21 = x1.fma(b, c21);
            b = FloatVector.broadcast(SPECIES, panel[w + 3 * PANEL_COLUMNS + k]);
            c30 = x0.fma(b, c30);
            c31 = x1.fma(b, c31);
            b = FloatVector.broadcast(SPECIES, panel[w + 4 * PANEL_COLUMNS + k]);
            c40 = x0.fma(b, c40);
            c41 = x1.fma(b, c41);
            b = FloatVector.broadcast(SPECIES, panel[w + 5 * PANEL_COLUMNS + k]);
            c50 = x0.fma(b, c50);
            c51 = x1.fma(b, c51);
            b = FloatVector.broadcast(SPECIES, panel[w + 6 * PANEL_COLUMNS + k]);
            c60 = x0.fma(b, c60);
            c61 = x1.fma(b, c61);
            b = FloatVector.broadcast(SPECIES, panel[w + 7 * PANEL_COLUMNS + k]);
            c70 = x0.fma(b, c70);
            c71 = x1.fma(b, c71);
        }
        c00.intoArray(output, o0);
        c01.intoArray(output, o1);
        c10.intoArray(output, o0 + LANES);
        c11.intoArray(output, o1 + LANES);
        c20.intoArray(output, o0 + 2 * LANES);
        c21.intoArray(output, o1 + 2 * LANES);
        c30.intoArray(output, o0 + 3 * LANES);
        c31.intoArray(output, o1 + 3 * LANES);
        c40.intoArray(output, o0 + 4 * LANES);
        c41.intoArray(output, o1 + 4 * LANES);
        c50.intoArray(output, o0 + 5 * LANES);
        c51.intoArray(output, o1 + 5 * LANES);
        c60.intoArray(output, o0 + 6 * LANES);
        c61.intoArray(output, o1 + 6 * LANES);
        c70.intoArray(output, o0 + 7 * LANES);
        c71.intoArray(output, o1 + 7 * LANES);
    }

    /** As {@link #eightByTwo} for one vector: the last, odd tile of a batch. */
    static void eightByOne(float[] panel, int w, int columns, float[] input, int a, float[] output, int o) {
        FloatVector c0 = FloatVector.fromArray(SPECIES, output, o);
        FloatVector c1 = FloatVector.fromArray(SPECIES, output, o + LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, output, o + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, output, o + 3 * LANES);
        FloatVector c4 = FloatVector.fromArray(SPECIES, output, o + 4 * LANES);
        FloatVector c5 = FloatVector.fromArray(SPECIES, output, o + 5 * LANES);
        FloatVector c6 = FloatVector.fromArray(SPECIES, output, o + 6 * LANES);
        FloatVector c7 = FloatVector.fromArray(SPECIES, output, o + 7 * LANES);
        for (int k = 0; k < columns; k++) {
            FloatVector x = FloatVector.fromArray(SPECIES, input, a + k * LANES);
            c0 = x.fma(FloatVector.broadcast(SPECIES, panel[w + k]), c0);
            c1 = x.fma(FloatVector.broadcast(SPECIES, panel[w + PANEL_COLUMNS + k]), c1);
            c2 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 2 * PANEL_COLUMNS + k]), c2);
            c3 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 3 * PANEL_COLUMNS + k]), c3);
            c4 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 4 * PANEL_COLUMNS + k]), c4);
            c5 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 5 * PANEL_COLUMNS + k]), c5);
            c6 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 6 * PANEL_COLUMNS + k]), c6);
            c7 = x.fma(FloatVector.broadcast(SPECIES, panel[w + 7 * PANEL_COLUMNS + k]), c7);
        }
        c0.intoArray(output, o);
        c1.intoArray(output, o + LANES);
        c2.intoArray(output, o + 2 * LANES);
        c3.intoArray(output, o + 3 * LANES);
        c4.intoArray(output, o + 4 * LANES);
        c5.intoArray(output, o + 5 * LANES);
        c6.intoArray(output, o + 6 * LANES);
        c7.intoArray(output, o + 7 * LANES);
    }

    /** As {@link #eightByTwo} for four rows of the panel. */
    static void fourByTwo(
            float[] panel, int w, int columns, float[] input, int a0, int a1, float[] output, int o0, int o1) {
        FloatVector c00 = FloatVector.fromArray(SPECIES, output, o0);
        FloatVector c01 = FloatVector.fromArray(SPECIES, output, o1);
        FloatVector c10 = FloatVector.fromArray(SPECIES, output, o0 + LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, output, o1 + LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, output, o0 + 2 * LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, output, o1 + 2 * LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, output, o0 + 3 * LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, output, o1 + 3 * LANES);
        for (int k = 0; k < columns; k++) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, input, a0 + k * LANES);
            FloatVector x1 = FloatVector.fromArray(SPECIES, input, a1 + k * LANES);
            FloatVector b = FloatVector.broadcast(SPECIES, panel[w + k]);
            c00 = x0.fma(b, c00);
            c01 = x1.fma(b, c01);
            b = FloatVector.broadcast(SPECIES, panel[w + PANEL_COLUMNS + k]);
            c10 = x0.fma(b, c10);
            c11 = x1.fma(b, c11);
            b = FloatVector.broadcast(SPECIES, panel[w + 2 * PANEL_COLUMNS + k]);
            c20 = x0.fma(b, c20);
            c21 = x1.fma(b, c21);
            b = FloatVector.broadcast(SPECIES, panel[w + 3 * PANEL_COLUMNS + k]);
            c30 = x0.fma(b, c30);
            c31 = x1.fma(b, c31);
        }
        c00.intoArray(output, o0);
        c01.intoArray(output, o1);
        c10.intoArray(output, o0 + LANES);
        c11.intoArray(output, o1 + LANES);
        c20.intoArray(output, o0 + 2 * LANES);
        c21.intoArray(output, o1 + 2 * LANES);
        c30.intoArray(output, o0 + 3 * LANES);
        c31.intoArray(output, o1 + 3 * LANES);
    }

    /** One row of the panel and one vector: what is left at the edges. */
    static void oneByOne(float[] panel, int w, int columns, float[] input, int a, float[] output, int o) {
        FloatVector c = FloatVector.fromArray(SPECIES, output, o);
        for (int k = 0; k < columns; k++) {
            c = FloatVector.fromArray(SPECIES, input, a + k * LANES)
                    .fma(FloatVector.broadcast(SPECIES, panel[w + k]), c);
        }
        c.intoArray(output, o);
    }
}
