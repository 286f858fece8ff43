package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API provider. A vector is never wider than a tile of sixteen rows; where the processor's are narrower, a
 * tile takes two or four. Runs on JDK 17 to 25: only loads from and stores to arrays, which no release has changed.
 */
final class VectorKernels extends JavaKernels {
    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > LANES ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
    static final int WIDTH = SPECIES.length();

    private final AttentionKernels attention = new VectorAttentionKernels();
    private final NormKernels norms = new VectorNormKernels();
    private final ElementKernels elements = new VectorElementKernels();
    private final LowRankKernels lowRank = new VectorLowRankKernels();

    @Override
    public String name() {
        return "vector-" + WIDTH * Float.SIZE;
    }

    @Override
    BlockDecoder decoder(Matrix matrix) {
        return VectorBlockDecoders.of(matrix.format());
    }

    @Override
    Conversions conversions() {
        return new VectorConversions();
    }

    @Override
    void multiplyPanel(
            float[] panel,
            int rows,
            int columns,
            RowTiles input,
            int inputTile,
            int inputFeature,
            RowTiles output,
            int outputTile,
            int outputFeature,
            int tiles) {
        int vectors = tiles * LANES / WIDTH;
        int inputVector = inputTile * LANES / WIDTH;
        int outputVector = outputTile * LANES / WIDTH;
        for (int v = 0; v < vectors; v += 2) {
            int a0 = vectorStart(input, inputVector + v, inputFeature);
            int o0 = vectorStart(output, outputVector + v, outputFeature);
            if (v + 1 < vectors) {
                multiplyTwo(
                        panel,
                        rows,
                        columns,
                        input.data(),
                        a0,
                        vectorStart(input, inputVector + v + 1, inputFeature),
                        output.data(),
                        o0,
                        vectorStart(output, outputVector + v + 1, outputFeature));
            } else {
                multiplyOne(panel, rows, columns, input.data(), a0, output.data(), o0);
            }
        }
    }

    private static int vectorStart(RowTiles tiles, int vector, int feature) {
        int lane = vector * WIDTH;
        return tiles.index(lane, feature);
    }

    private static void multiplyTwo(
            float[] panel, int rows, int columns, float[] input, int a0, int a1, float[] output, int o0, int o1) {
        int i = 0;
        if (WIDTH != 8) {
            for (; i + 8 <= rows; i += 8) {
                int w = i * PANEL_COLUMNS;
                VectorProduct.eightByTwo(panel, w, columns, input, a0, a1, output, o0 + i * LANES, o1 + i * LANES);
            }
        }
        for (; i + 4 <= rows; i += 4) {
            int w = i * PANEL_COLUMNS;
            VectorProduct.fourByTwo(panel, w, columns, input, a0, a1, output, o0 + i * LANES, o1 + i * LANES);
        }
        for (; i < rows; i++) {
            int w = i * PANEL_COLUMNS;
            VectorProduct.oneByOne(panel, w, columns, input, a0, output, o0 + i * LANES);
            VectorProduct.oneByOne(panel, w, columns, input, a1, output, o1 + i * LANES);
        }
    }

    private static void multiplyOne(float[] panel, int rows, int columns, float[] input, int a, float[] output, int o) {
        int i = 0;
        for (; i + 8 <= rows; i += 8) {
            VectorProduct.eightByOne(panel, i * PANEL_COLUMNS, columns, input, a, output, o + i * LANES);
        }
        for (; i < rows; i++) {
            VectorProduct.oneByOne(panel, i * PANEL_COLUMNS, columns, input, a, output, o + i * LANES);
        }
    }

    @Override
    public void largest(RowTiles values, int tile, int[] largest, int offset) {
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            largestOfVector(values, tile * LANES + lane, largest, offset + lane);
        }
    }

    /** One chain: a tile of logits comes from memory, which is slower. Features lie in the bits of floats: no casts. */
    private static void largestOfVector(RowTiles values, int row, int[] largest, int offset) {
        float[] data = values.data();
        int start = values.index(row, 0);
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector maximum = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector feature = zero;
        // Stays 0 as long as all values are finite: infinity times 0 is not a number either.
        FloatVector finite = zero;
        for (int f = 0; f < values.features(); f++) {
            FloatVector value = FloatVector.fromArray(SPECIES, data, start + f * LANES);
            VectorMask<Float> larger = value.compare(VectorOperators.GT, maximum);
            maximum = maximum.blend(value, larger);
            feature = feature.blend(FloatVector.broadcast(SPECIES, Float.intBitsToFloat(f)), larger);
            finite = value.fma(zero, finite);
        }
        for (int lane = 0; lane < WIDTH; lane++) {
            largest[offset + lane] = finite.lane(lane) == 0 ? Float.floatToRawIntBits(feature.lane(lane)) : -1;
        }
    }

    @Override
    public void rotate(
            RowTiles values,
            int headSize,
            int first,
            int pairStep,
            int pairGap,
            RowTiles cosines,
            RowTiles sines,
            int fromTile,
            int toTile) {
        float[] data = values.data();
        for (int row = fromTile * LANES; row < toTile * LANES; row += WIDTH) {
            int angle = cosines.index(row, 0);
            for (int head = 0; head < values.features(); head += headSize) {
                int start = values.index(row, head + first);
                for (int pair = 0; pair < cosines.features(); pair++) {
                    int i0 = start + pair * pairStep * LANES;
                    int i1 = i0 + pairGap * LANES;
                    FloatVector cosine = FloatVector.fromArray(SPECIES, cosines.data(), angle + pair * LANES);
                    FloatVector sine = FloatVector.fromArray(SPECIES, sines.data(), angle + pair * LANES);
                    FloatVector x0 = FloatVector.fromArray(SPECIES, data, i0);
                    FloatVector x1 = FloatVector.fromArray(SPECIES, data, i1);
                    x0.mul(cosine).sub(x1.mul(sine)).intoArray(data, i0);
                    x1.mul(cosine).add(x0.mul(sine)).intoArray(data, i1);
                }
            }
        }
    }

    @Override
    public void toHalves(float[] source, int sourceOffset, short[] target, int targetOffset, int count) {
        VectorHalves.encode(source, sourceOffset, target, targetOffset, count);
    }

    @Override
    public void fromHalves(short[] source, int sourceOffset, float[] target, int targetOffset, int count) {
        VectorHalves.decode(source, sourceOffset, target, targetOffset, count);
    }

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public NormKernels norms() {
        return norms;
    }

    @Override
    public ElementKernels elements() {
        return elements;
    }

    @Override
    public LowRankKernels lowRank() {
        return lowRank;
    }

    /** {@link Exponential#exp} of numbers up to {@link Exponential#MAXIMUM}; what lies below the minimum becomes 0. */
    static FloatVector expUpToMaximum(FloatVector x) {
        FloatVector shifted = x.fma(
                FloatVector.broadcast(SPECIES, Exponential.LOG2_E), FloatVector.broadcast(SPECIES, Exponential.ROUND));
        FloatVector n = shifted.sub(Exponential.ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -Exponential.LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(SPECIES, -Exponential.LN2_LOW), r);
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector p =
                r.fma(FloatVector.broadcast(SPECIES, Exponential.C7), FloatVector.broadcast(SPECIES, Exponential.C6));
        p = p.fma(r, FloatVector.broadcast(SPECIES, Exponential.C5));
        p = p.fma(r, FloatVector.broadcast(SPECIES, Exponential.C4));
        p = p.fma(r, FloatVector.broadcast(SPECIES, Exponential.C3));
        p = p.fma(r, FloatVector.broadcast(SPECIES, Exponential.C2));
        p = p.fma(r, one).fma(r, one);
        FloatVector scale = shifted.viewAsIntegralLanes()
                .add(127)
                .lanewise(VectorOperators.LSHL, 23)
                .reinterpretAsFloats();
        return p.mul(scale).blend(0f, x.compare(VectorOperators.LT, Exponential.MINIMUM));
    }
}
