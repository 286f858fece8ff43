package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * The attention of a layer with what is around it: projections to queries, keys and values, their norms, rotation, and
 * the projection back (Vaswani et al. 2017, arXiv:1706.03762). Put together by its maker, and not changed afterwards.
 */
public final class SelfAttention {
    private final Compute compute;
    private final Linear queriesKeysValues;
    private final Linear output;
    private final Attention attention;
    private Norm queryNorm;
    private Norm keyNorm;
    private Rope rope;
    private AttentionSpan span = AttentionSpan.ALL;
    private float limit = Float.POSITIVE_INFINITY;

    /**
     * @param queries {@code [heads * headSize x embedding]}
     * @param keys {@code [kvHeads * headSize x embedding]}
     * @param values {@code [kvHeads * valueSize x embedding]}
     * @param output {@code [embedding x heads * valueSize]}
     */
    public SelfAttention(
            Compute compute,
            Attention attention,
            Projection queries,
            Projection keys,
            Projection values,
            Projection output) {
        this.compute = compute;
        this.attention = attention;
        this.queriesKeysValues = new Linear(compute, queries, keys, values);
        this.output = new Linear(compute, output);
    }

    /** Norms queries and keys before they are turned. */
    public SelfAttention norm(Norm queries, Norm keys) {
        queryNorm = queries;
        keyNorm = keys;
        return this;
    }

    /** Turns queries and keys. */
    public SelfAttention rotate(Rope newRope) {
        rope = newRope;
        return this;
    }

    /** Sees less than everything. */
    public SelfAttention span(AttentionSpan newSpan) {
        span = newSpan;
        return this;
    }

    /** Cuts queries, keys and values to {@code [-limit, limit]}. */
    public SelfAttention clamp(float newLimit) {
        limit = newLimit;
        return this;
    }

    /**
     * Stores the step's keys and values and attends.
     *
     * @param input {@code [rows x embedding]}
     * @param result {@code [rows x embedding]}; may be {@code input}. In the last layer all activations have the rows that
     *     give logits afterwards
     */
    public void apply(LayerStep step, RowTiles input, RowTiles result) {
        Buffers b = step.buffers();
        queriesKeysValues.apply(input, b.queries, b.keys, b.values);
        if (limit < Float.POSITIVE_INFINITY) {
            compute.clamp(b.queries, limit);
            compute.clamp(b.keys, limit);
            compute.clamp(b.values, limit);
        }
        if (queryNorm != null) {
            queryNorm.apply(b.queries, b.queries);
            keyNorm.apply(b.keys, b.keys);
        }
        if (rope != null) {
            rope.apply(b.queries, b.keys);
        }
        attention.apply(step.batch(), step.cache(), step.layer(), span, b.queries, b.keys, b.values, b.attended);
        step.afterAttention();
        output.apply(b.attended, result);
    }
}
