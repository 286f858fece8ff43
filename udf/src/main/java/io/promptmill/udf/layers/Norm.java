package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.NormKernels;
import io.promptmill.udf.tensor.RowTiles;

/**
 * A norm of the features of each row, all together or in groups of as many as the norm has: a norm of a head's size
 * takes each head by itself. Immutable.
 */
public abstract sealed class Norm permits RmsNorm, LayerNorm {
    private final Compute compute;
    private final int features;
    private final int weights;

    /**
     * @param features of a group
     * @param weights as many, or a multiple where each group has its own
     */
    Norm(Compute compute, int features, int weights) {
        this.compute = compute;
        this.features = features;
        this.weights = weights;
    }

    /** Norms a group of a tile, as {@link NormKernels} has it. */
    abstract void apply(
            NormKernels kernels, float[] input, int offset, int weightOffset, float[] output, int outputOffset);

    /** Both {@code [rows x features]}; {@code output} may be {@code input}. */
    public final void apply(RowTiles input, RowTiles output) {
        compute.workers().run(input.tiles(), tile -> applyToTile(input, output, tile));
    }

    /** Norms the first features of each row in place and leaves the others. */
    public final void applyToFirst(RowTiles values) {
        compute.workers().run(values.tiles(), tile -> {
            int start = values.index(tile * RowTiles.LANES, 0);
            apply(compute.kernels().norms(), values.data(), start, 0, values.data(), start);
        });
    }

    /**
     * {@code stream += addend}, then the norm of that; all {@code [rows x features]}. {@code output} may be
     * {@code addend}. A tile is added and normed while it is in cache.
     */
    public final void applyToSum(RowTiles stream, RowTiles addend, RowTiles output) {
        int length = stream.features() * RowTiles.LANES;
        compute.workers().run(stream.tiles(), tile -> {
            compute.kernels().elements().add(stream.data(), addend.data(), tile * length, (tile + 1) * length);
            applyToTile(stream, output, tile);
        });
    }

    private void applyToTile(RowTiles input, RowTiles output, int tile) {
        for (int feature = 0; feature < input.features(); feature += features) {
            int row = tile * RowTiles.LANES;
            apply(
                    compute.kernels().norms(),
                    input.data(),
                    input.index(row, feature),
                    feature % weights,
                    output.data(),
                    output.index(row, feature));
        }
    }
}
