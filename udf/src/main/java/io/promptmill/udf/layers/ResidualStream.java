package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * The sum that runs through all layers, {@code [rows x embedding]}. What a branch adds is held back until the sum is next
 * looked at, so that it is added and normed in one pass. Of one step at a time.
 */
public final class ResidualStream {
    private final Compute compute;
    private final RowTiles sum;
    private RowTiles pending;

    public ResidualStream(Compute compute, int maximumRows, int features) {
        this.compute = compute;
        this.sum = new RowTiles(maximumRows, features);
    }

    /** The sum with all that was added. */
    public RowTiles sum() {
        if (pending != null) {
            compute.add(sum, pending);
            pending = null;
        }
        return sum;
    }

    /** Begins a step: the sum is to be written by the caller. */
    public RowTiles begin(int rows) {
        pending = null;
        return sum.resize(rows);
    }

    /** Adds a branch's result {@code [rows x embedding]}, which must not change before the sum is next looked at. */
    public void add(RowTiles branch) {
        sum();
        pending = branch;
    }

    /** The norm of the sum; {@code output} may be what was added last. */
    public void norm(Norm norm, RowTiles output) {
        if (pending == null) {
            norm.apply(sum, output);
        } else {
            norm.applyToSum(sum, pending, output);
            pending = null;
        }
    }
}
