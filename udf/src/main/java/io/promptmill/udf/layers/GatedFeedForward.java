package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** SwiGLU feed-forward (Shazeer 2020, arXiv:2002.05202): {@code down(silu(gate(x)) * up(x))}. */
public final class GatedFeedForward {
    private final Compute compute;
    private final Linear gateAndUp;
    private final Linear down;

    /**
     * @param gate {@code [hidden x features]}
     * @param up {@code [hidden x features]}
     * @param down {@code [features x hidden]}
     */
    public GatedFeedForward(Compute compute, Matrix gate, Matrix up, Matrix down) {
        this.compute = compute;
        this.gateAndUp = new Linear(compute, gate, up);
        this.down = new Linear(compute, down);
    }

    /**
     * @param input {@code [rows x features]}
     * @param gated buffer {@code [rows x hidden]}
     * @param raised buffer {@code [rows x hidden]}
     * @param output {@code [rows x features]}
     */
    public void apply(RowTiles input, RowTiles gated, RowTiles raised, RowTiles output) {
        gateAndUp.apply(input, gated, raised);
        compute.siluMultiply(gated, raised);
        down.apply(gated, output);
    }
}
