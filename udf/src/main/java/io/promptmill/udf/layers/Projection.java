package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.Matrix;
import java.util.Arrays;

/**
 * What a linear layer multiplies with and adds.
 *
 * @param weights {@code [outputs x inputs]}
 * @param bias {@code [outputs]}; null for none
 * @param first the output of the stored matrix, by the weights' name, that this one's first output is
 */
public record Projection(Matrix weights, float[] bias, int first) {
    /** A stored matrix, or something that is not a part of one. */
    public Projection(Matrix weights, float[] bias) {
        this(weights, bias, 0);
    }

    public Projection {
        if (bias != null && bias.length != weights.rows()) {
            throw new IllegalArgumentException(
                    weights.name() + " has " + weights.rows() + " outputs and a bias of " + bias.length);
        }
    }

    /** A part of the outputs, as of a layer whose weights are stored together with others'. */
    public Projection outputs(int from, int count) {
        if (count == weights.rows()) {
            return this;
        }
        return new Projection(
                weights.rows(from, count),
                bias == null ? null : Arrays.copyOfRange(bias, from, from + count),
                first + from);
    }
}
