package io.promptmill.udf.model;

import io.promptmill.udf.layers.Buffers;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.LayerStep;
import io.promptmill.udf.layers.Linear;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;

/**
 * What all decoder-only transformers do around their layers: tokens to vectors, a residual stream through the layers, a
 * norm, logits. An architecture gives its layers.
 */
abstract class Decoder implements Model {
    private final Compute compute;
    private final ModelShape shape;
    private final Embedding embedding;
    private final Norm outputNorm;
    private final Linear output;
    private final Buffers buffers;
    private final List<Rope> ropes;

    Decoder(ModelParts parts, Norm outputNorm) {
        compute = parts.compute();
        shape = parts.shape();
        embedding = parts.embedding();
        output = parts.output();
        this.outputNorm = outputNorm;
        buffers = new Buffers(
                compute, shape.widths(), parts.size().rows(), parts.size().outputs());
        ropes = parts.ropes();
    }

    /** Computes layer {@code i}: what it adds goes to the residual stream. */
    abstract void layer(LayerStep step, int i);

    /** What the architecture does with the vectors of the tokens before the first layer. */
    void embedded(StepBatch batch, RowTiles vectors) {}

    /** What the architecture does with the logits. */
    void finished(RowTiles logits) {}

    final Compute compute() {
        return compute;
    }

    @Override
    public final ModelShape shape() {
        return shape;
    }

    @Override
    public final RowTiles forward(StepBatch batch, KvCache cache) {
        compute.begin(batch);
        Buffers b = buffers.begin(batch.rows(), batch.outputs());
        embedding.apply(batch.tokens(), b.stream.sum());
        embedded(batch, b.stream.sum());
        ropes.forEach(rope -> rope.prepare(batch));
        LayerStep step = new LayerStep(compute, batch, cache, b, shape.layers());
        for (int i = 0; i < shape.layers(); i++) {
            layer(step.at(i), i);
        }
        b.stream.norm(outputNorm, b.normed);
        output.apply(b.normed, b.logits);
        finished(b.logits);
        return b.logits;
    }
}
