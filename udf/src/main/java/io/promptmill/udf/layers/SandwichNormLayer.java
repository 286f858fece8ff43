package io.promptmill.udf.layers;

/** Attention, then feed-forward, each between two norms (Ding et al. 2021, arXiv:2105.13290). */
public record SandwichNormLayer(
        Norm attentionNorm,
        SelfAttention attention,
        Norm attentionPostNorm,
        Norm feedForwardNorm,
        FeedForward feedForward,
        Norm feedForwardPostNorm)
        implements DecoderLayer {

    @Override
    public void apply(LayerStep step) {
        Buffers b = step.buffers();
        b.stream.norm(attentionNorm, b.normed);
        attention.apply(step, b.normed, b.branch);
        attentionPostNorm.apply(b.branch, b.branch);
        b.stream.add(b.branch);
        b.stream.norm(feedForwardNorm, b.normed);
        feedForward.apply(b.normed, b.normed);
        feedForwardPostNorm.apply(b.normed, b.normed);
        b.stream.add(b.normed);
    }
}
