package io.promptmill.udf.model;

import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.DecoderLayer;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Linear;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A decoder-only transformer: tokens to vectors, a residual stream through the layers, a norm, logits. An architecture
 * gives the layers, and what it does besides with the vectors and the logits.
 */
final class Decoder implements Model {
    private final Compute compute;
    private final ModelShape shape;
    private final Embedding embedding;
    private final List<? extends DecoderLayer> layers;
    private final Norm outputNorm;
    private final Linear output;
    private final Buffers buffers;
    private final List<Rope> ropes;
    private BiConsumer<StepBatch, RowTiles> vectorChange = (batch, vectors) -> {};
    private Consumer<RowTiles> logitChange = logits -> {};

    Decoder(ModelParts parts, Norm outputNorm, List<? extends DecoderLayer> layers) {
        compute = parts.compute();
        shape = parts.shape();
        embedding = parts.embedding();
        output = parts.output();
        this.layers = layers;
        this.outputNorm = outputNorm;
        buffers = new Buffers(
                compute, shape.widths(), parts.size().rows(), parts.size().outputs());
        ropes = parts.ropes();
    }

    /** Changes the vectors of the tokens before the first layer. */
    Decoder changingVectors(BiConsumer<StepBatch, RowTiles> change) {
        vectorChange = change;
        return this;
    }

    /** Multiplies the vectors of the tokens before the first layer. */
    Decoder scalingVectors(float factor) {
        return changingVectors((batch, vectors) -> compute.scale(vectors, factor));
    }

    /** Multiplies the logits. */
    Decoder scalingLogits(float factor) {
        logitChange = logits -> compute.scale(logits, factor);
        return this;
    }

    /** Bounds the logits by {@code cap}; 0 for no bound. */
    Decoder cappingLogits(float cap) {
        if (cap > 0) {
            logitChange = logits -> compute.softCap(logits, cap);
        }
        return this;
    }

    @Override
    public ModelShape shape() {
        return shape;
    }

    @Override
    public RowTiles forward(StepBatch batch, KvCache cache) {
        compute.begin(batch);
        Buffers b = buffers.begin(batch);
        embedding.apply(batch.tokens(), b.stream.sum());
        vectorChange.accept(batch, b.stream.sum());
        ropes.forEach(rope -> rope.prepare(batch));
        LayerStep step = new LayerStep(compute, batch, cache, b, layers.size());
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).apply(step.at(i));
        }
        b.stream.norm(outputNorm, b.normed);
        if (batch.logits() > 0) {
            output.apply(b.statesOfLogits(compute, batch), b.logits);
            logitChange.accept(b.logits);
        }
        return b.logits;
    }

    @Override
    public RowTiles states() {
        return buffers.normed;
    }
}
