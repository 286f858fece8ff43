package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/** A feed-forward that all rows use, as much as a gate says: {@code sigmoid(gate . x) * feedForward(x)}. */
public final class SharedExpert {
    private final Compute compute;
    private final float[] gate;
    private final FeedForward feedForward;

    /**
     * @param gate {@code [embedding]}
     */
    public SharedExpert(Compute compute, float[] gate, FeedForward feedForward) {
        this.compute = compute;
        this.gate = gate;
        this.feedForward = feedForward;
    }

    /** Both {@code [rows x embedding]}, two different places. */
    public void apply(RowTiles input, RowTiles output) {
        feedForward.apply(input, output);
        compute.workers().run(input.tiles(), tile -> {
            float[] shares = new float[RowTiles.LANES];
            int start = input.index(tile * RowTiles.LANES, 0);
            for (int f = 0; f < gate.length; f++) {
                for (int lane = 0; lane < RowTiles.LANES; lane++) {
                    shares[lane] = Math.fma(input.data()[start + f * RowTiles.LANES + lane], gate[f], shares[lane]);
                }
            }
            for (int lane = 0; lane < RowTiles.LANES; lane++) {
                shares[lane] = ExpertRouter.sigmoid(shares[lane]);
            }
            int target = output.index(tile * RowTiles.LANES, 0);
            for (int f = 0; f < output.features(); f++) {
                for (int lane = 0; lane < RowTiles.LANES; lane++) {
                    output.data()[target + f * RowTiles.LANES + lane] *= shares[lane];
                }
            }
        });
    }
}
