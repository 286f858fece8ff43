package io.promptmill.udf.layers;

/** Attention, then feed-forward, each behind a norm (Xiong et al. 2020, arXiv:2002.04745). */
public record PreNormLayer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward)
        implements DecoderLayer {

    @Override
    public void apply(LayerStep step) {
        Buffers b = step.buffers();
        b.stream.norm(attentionNorm, b.normed);
        attention.apply(step, b.normed, b.branch);
        b.stream.add(b.branch);
        b.stream.norm(feedForwardNorm, b.normed);
        feedForward.apply(b.normed, b.normed);
        b.stream.add(b.normed);
    }
}
