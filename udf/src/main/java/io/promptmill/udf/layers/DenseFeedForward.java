package io.promptmill.udf.layers;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.kernels.ElementKernels;
import io.promptmill.udf.tensor.RowTiles;

/**
 * A feed-forward layer: {@code down(activation(up(x)))} (Vaswani et al. 2017, arXiv:1706.03762), or with a gate
 * {@code down(activation(gate(x)) * up(x))} (Shazeer 2020, arXiv:2002.05202).
 */
public final class DenseFeedForward implements FeedForward {
    private final Compute compute;
    private final Activation activation;
    private final boolean gated;
    private final Linear inner;
    private final Linear down;
    private final Scratch scratch;

    private DenseFeedForward(
            Compute compute, Activation activation, boolean gated, Linear inner, Linear down, Scratch scratch) {
        this.compute = compute;
        this.activation = activation;
        this.gated = gated;
        this.inner = inner;
        this.down = down;
        this.scratch = scratch;
    }

    /** The hidden numbers of a step, {@code [rows x hidden]}, shared by the layers of a model. */
    public static final class Scratch {
        private final RowTiles hidden;
        private final RowTiles raised;

        /**
         * @throws ConfigException where that would exceed what a Java array holds
         */
        public Scratch(int maximumRows, int features) {
            Buffers.requireAddressable("engine.max_batch_tokens", maximumRows, features);
            hidden = new RowTiles(maximumRows, features);
            raised = new RowTiles(maximumRows, features);
        }
    }

    /**
     * @param gate {@code [hidden x embedding]}
     * @param up {@code [hidden x embedding]}
     * @param down {@code [embedding x hidden]}
     */
    public static DenseFeedForward gated(
            Compute compute, Activation activation, Projection gate, Projection up, Projection down, Scratch scratch) {
        Linear inner = new Linear(compute, gate, up);
        return new DenseFeedForward(compute, activation, true, inner, new Linear(compute, down), scratch);
    }

    /** Without a gate. */
    public static DenseFeedForward plain(
            Compute compute, Activation activation, Projection up, Projection down, Scratch scratch) {
        Linear inner = new Linear(compute, up);
        return new DenseFeedForward(compute, activation, false, inner, new Linear(compute, down), scratch);
    }

    @Override
    public void apply(RowTiles input, RowTiles output) {
        ElementKernels elements = compute.kernels().elements();
        RowTiles hidden = scratch.hidden.resize(input.rows());
        if (gated) {
            RowTiles raised = scratch.raised.resize(input.rows());
            inner.apply(input, hidden, raised);
            compute.forElements(
                    hidden, (from, to) -> activation.multiply(elements, hidden.data(), raised.data(), from, to));
        } else {
            inner.apply(input, hidden);
            compute.forElements(hidden, (from, to) -> activation.apply(elements, hidden.data(), from, to));
        }
        down.apply(hidden, output);
    }
}
