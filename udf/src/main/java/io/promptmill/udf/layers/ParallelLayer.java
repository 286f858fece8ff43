package io.promptmill.udf.layers;

/**
 * Attention and feed-forward side by side: both take the stream as it was (Wang and Komatsuzaki 2021,
 * github.com/kingoflolz/mesh-transformer-jax).
 *
 * @param feedForwardNorm null where the feed-forward takes what the attention takes
 */
public record ParallelLayer(Norm attentionNorm, SelfAttention attention, Norm feedForwardNorm, FeedForward feedForward)
        implements DecoderLayer {

    @Override
    public void apply(LayerStep step) {
        Buffers b = step.buffers();
        b.stream.norm(attentionNorm, b.normed);
        attention.apply(step, b.normed, b.branch);
        if (feedForwardNorm != null) {
            b.stream.norm(feedForwardNorm, b.normed);
        }
        feedForward.apply(b.normed, b.normed);
        b.stream.add(b.branch);
        b.stream.add(b.normed);
    }
}
