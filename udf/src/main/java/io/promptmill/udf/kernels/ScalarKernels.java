package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** Plain loops: the provider where the vector module is missing, and the obvious twin that the vector one is held to. */
final class ScalarKernels extends JavaKernels {
    private final AttentionKernels attention = new ScalarAttentionKernels();
    private final NormKernels norms = new ScalarNormKernels();
    private final ElementKernels elements = new ScalarElementKernels();
    private final LowRankKernels lowRank = new ScalarLowRankKernels();

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    BlockDecoder decoder(Matrix matrix) {
        return ScalarBlockDecoders.of(matrix.format());
    }

    @Override
    Conversions conversions() {
        return new ScalarConversions();
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
        for (int tile = 0; tile < tiles; tile++) {
            int inputStart = input.index((inputTile + tile) * LANES, inputFeature);
            for (int i = 0; i < rows; i++) {
                int target = output.index((outputTile + tile) * LANES, outputFeature + i);
                for (int lane = 0; lane < LANES; lane++) {
                    float sum = output.data()[target + lane];
                    for (int k = 0; k < columns; k++) {
                        sum = Math.fma(input.data()[inputStart + k * LANES + lane], panel[i * PANEL_COLUMNS + k], sum);
                    }
                    output.data()[target + lane] = sum;
                }
            }
        }
    }

    @Override
    public void largest(RowTiles values, int tile, int[] largest, int offset) {
        float[] data = values.data();
        for (int lane = 0; lane < LANES; lane++) {
            int start = values.index(tile * LANES + lane, 0);
            float maximum = Float.NEGATIVE_INFINITY;
            boolean finite = true;
            for (int f = 0; f < values.features(); f++) {
                float value = data[start + f * LANES];
                finite &= Float.isFinite(value);
                if (value > maximum) {
                    maximum = value;
                    largest[offset + lane] = f;
                }
            }
            if (!finite) {
                largest[offset + lane] = -1;
            }
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
        for (int row = fromTile * LANES; row < toTile * LANES; row++) {
            for (int head = 0; head < values.features(); head += headSize) {
                for (int pair = 0; pair < cosines.features(); pair++) {
                    int start = values.index(row, head + first + pair * pairStep);
                    int second = start + pairGap * LANES;
                    float cosine = cosines.data()[cosines.index(row, pair)];
                    float sine = sines.data()[sines.index(row, pair)];
                    float x0 = data[start];
                    float x1 = data[second];
                    data[start] = x0 * cosine - x1 * sine;
                    data[second] = x1 * cosine + x0 * sine;
                }
            }
        }
    }

    @Override
    public void toHalves(float[] source, int sourceOffset, short[] target, int targetOffset, int count) {
        for (int i = 0; i < count; i++) {
            target[targetOffset + i] = HalfFloats.toHalf(source[sourceOffset + i]);
        }
    }

    @Override
    public void fromHalves(short[] source, int sourceOffset, float[] target, int targetOffset, int count) {
        for (int i = 0; i < count; i++) {
            float value = HalfFloats.fromHalf(source[sourceOffset + i]);
            target[targetOffset + i] = Float.isInfinite(value) ? Float.NaN : value;
        }
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
}
