package io.promptmill.udf.layers;

/** One layer of one step: the batch, the cache, and the activations that layers hand on. */
public final class LayerStep {
    private final Compute compute;
    private final StepBatch batch;
    private final KvCache cache;
    private final Buffers buffers;
    private final int layers;
    private int layer;

    public LayerStep(Compute compute, StepBatch batch, KvCache cache, Buffers buffers, int layers) {
        this.compute = compute;
        this.batch = batch;
        this.cache = cache;
        this.buffers = buffers;
        this.layers = layers;
    }

    /** Goes on to a layer. */
    public LayerStep at(int newLayer) {
        layer = newLayer;
        return this;
    }

    StepBatch batch() {
        return batch;
    }

    KvCache cache() {
        return cache;
    }

    public Buffers buffers() {
        return buffers;
    }

    int layer() {
        return layer;
    }

    /** After the last layer's keys and values are stored, only the rows that give logits or states matter. */
    void afterAttention() {
        if (layer == layers - 1) {
            buffers.keepOutputs(compute, batch);
        }
    }
}
