package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/** Root-mean-square norm (Zhang and Sennrich 2019, arXiv:1910.07467). Immutable. */
public final class RmsNorm {
    private final Compute compute;
    private final float[] weight;
    private final float epsilon;

    /**
     * @param weight {@code [features]}
     */
    public RmsNorm(Compute compute, float[] weight, float epsilon) {
        this.compute = compute;
        this.weight = weight;
        this.epsilon = epsilon;
    }

    /** Both {@code [rows x features]}; {@code output} may be {@code input}. */
    public void apply(RowTiles input, RowTiles output) {
        compute.workers().run(input.tiles(), t -> compute.kernels().rmsNorm(input, weight, epsilon, output, t, t + 1));
    }

    /**
     * {@code stream += addend}, then the norm of that; all {@code [rows x features]}. {@code output} may be
     * {@code addend}. A tile is added and normed while it is in cache.
     */
    public void applyToSum(RowTiles stream, RowTiles addend, RowTiles output) {
        int length = stream.features() * RowTiles.LANES;
        compute.workers().run(stream.tiles(), t -> {
            compute.kernels().add(stream.data(), addend.data(), t * length, (t + 1) * length);
            compute.kernels().rmsNorm(stream, weight, epsilon, output, t, t + 1);
        });
    }
}
