package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.tensor.RowTiles;

/**
 * Decides which experts a row goes to and with what weights, from a product in 32-bit floats whatever the precision of
 * the model: a choice must not hang on rounding. A row's choice does not depend on other rows. One step at a time.
 */
public final class ExpertRouter {
    /** How the products of a row with the experts become weights. */
    public enum Gating {
        /** Softmax over all experts, of which the largest are taken. */
        SOFTMAX,
        /** The sigmoid of each. */
        SIGMOID,
        /** The largest products are taken, and the softmax is over them. */
        SOFTMAX_OF_CHOSEN
    }

    /**
     * @param experts to choose from
     * @param used experts that a row goes to
     * @param normalized whether a row's weights are divided by their sum
     * @param scale of the weights
     * @param groups that the experts are divided into; 1 for no groups
     * @param usedGroups of which experts are chosen, those with the largest sums of their two largest weights
     *     (DeepSeek-AI 2024, arXiv:2412.19437)
     */
    public record Routing(
            int experts, int used, Gating gating, boolean normalized, float scale, int groups, int usedGroups) {}

    /** The smallest sum of weights that is divided by: the smallest normal number in half precision. */
    private static final float LEAST_SUM = 6.103515625e-5f;

    private final Compute compute;
    private final Kernels exact;
    private final PackedMatrix weights;
    private final float[] bias;
    private final float[] choiceBias;
    private final ProductInput input;
    private final Routing routing;

    /**
     * @param projection {@code [experts x embedding]}
     * @param choiceBias {@code [experts]}, what is added to the weights where experts are chosen; null for none
     */
    public ExpertRouter(Compute compute, Projection projection, float[] choiceBias, Routing routing) {
        this.compute = compute;
        this.exact = compute.kernels().exact();
        this.weights = exact.pack(projection.weights(), compute.workers());
        this.bias = projection.bias();
        this.choiceBias = choiceBias;
        this.input = exact.newInput(projection.weights().columns());
        this.routing = routing;
    }

    Routing routing() {
        return routing;
    }

    /**
     * @param rows {@code [rows x embedding]}
     * @param scores buffer {@code [rows x experts]}
     * @param chosen {@code [rows x used]}, the experts of each row, the best first
     * @param shares {@code [rows x used]}, their weights
     */
    void route(RowTiles rows, RowTiles scores, int[] chosen, float[] shares) {
        compute.workers().run(input.begin(rows), input::convert);
        compute.workers()
                .run(
                        weights.slices(),
                        slice -> Linear.multiply(exact, input, weights, bias, scores, slice, 0, rows.rows()));
        int experts = routing.experts();
        compute.workers().run(scores.tiles(), tile -> {
            float[] all = new float[(experts + RowTiles.LANES - 1) / RowTiles.LANES * RowTiles.LANES];
            float[] candidates = new float[experts];
            int end = Math.min(rows.rows(), (tile + 1) * RowTiles.LANES);
            for (int row = tile * RowTiles.LANES; row < end; row++) {
                scores.readRow(row, 0, experts, all, 0);
                choose(all, candidates, chosen, shares, row * routing.used());
            }
        });
    }

    private void choose(float[] all, float[] candidates, int[] chosen, float[] shares, int offset) {
        switch (routing.gating()) {
            case SOFTMAX -> exact.attention().softmax(all, 0, routing.experts());
            case SIGMOID -> {
                for (int i = 0; i < routing.experts(); i++) {
                    all[i] = sigmoid(all[i]);
                }
            }
            case SOFTMAX_OF_CHOSEN -> {}
        }
        for (int i = 0; i < candidates.length; i++) {
            candidates[i] = choiceBias == null ? all[i] : all[i] + choiceBias[i];
        }
        if (routing.groups() > 1) {
            dropGroups(candidates);
        }
        for (int i = 0; i < routing.used(); i++) {
            int best = largest(candidates, 0, candidates.length);
            chosen[offset + i] = best;
            shares[offset + i] = all[best];
            candidates[best] = Float.NEGATIVE_INFINITY;
        }
        weigh(shares, offset);
    }

    private void weigh(float[] shares, int offset) {
        int end = offset + routing.used();
        if (routing.gating() == Gating.SOFTMAX_OF_CHOSEN) {
            float[] own = new float[(routing.used() + RowTiles.LANES - 1) / RowTiles.LANES * RowTiles.LANES];
            System.arraycopy(shares, offset, own, 0, routing.used());
            exact.attention().softmax(own, 0, routing.used());
            System.arraycopy(own, 0, shares, offset, routing.used());
        }
        if (routing.normalized()) {
            float sum = 0;
            for (int i = offset; i < end; i++) {
                sum += shares[i];
            }
            sum = Math.max(sum, LEAST_SUM);
            for (int i = offset; i < end; i++) {
                shares[i] /= sum;
            }
        }
        for (int i = offset; i < end; i++) {
            shares[i] *= routing.scale();
        }
    }

    /** Leaves the experts of the best groups. */
    private void dropGroups(float[] candidates) {
        int size = candidates.length / routing.groups();
        float[] scores = new float[routing.groups()];
        for (int group = 0; group < scores.length; group++) {
            int best = largest(candidates, group * size, (group + 1) * size);
            float first = candidates[best];
            candidates[best] = Float.NEGATIVE_INFINITY;
            float second = candidates[largest(candidates, group * size, (group + 1) * size)];
            candidates[best] = first;
            scores[group] = size == 1 ? first : first + second;
        }
        boolean[] kept = new boolean[scores.length];
        for (int i = 0; i < routing.usedGroups(); i++) {
            int best = largest(scores, 0, scores.length);
            kept[best] = true;
            scores[best] = Float.NEGATIVE_INFINITY;
        }
        for (int i = 0; i < candidates.length; i++) {
            if (!kept[i / size]) {
                candidates[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** The first of the largest; of values that are no numbers, some index. */
    private static int largest(float[] values, int from, int to) {
        int best = from;
        for (int i = from + 1; i < to; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    /** With {@link StrictMath}, whose results are the same on every machine. */
    static float sigmoid(float x) {
        return (float) (1 / (1 + StrictMath.exp(-x)));
    }
}
