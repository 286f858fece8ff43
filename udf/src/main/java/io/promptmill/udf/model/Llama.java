package io.promptmill.udf.model;

import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.GatedFeedForward;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.Linear;
import io.promptmill.udf.layers.RmsNorm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.ModelFile;

/**
 * Llama 1, 2 and 3 (Touvron et al. 2023, arXiv:2302.13971, arXiv:2307.09288; Grattafiori et al. 2024, arXiv:2407.21783)
 * and the models that share its form: Mistral, TinyLlama, SmolLM.
 */
final class Llama implements Model {
    private final Compute compute;
    private final ModelShape shape;
    private final Embedding embedding;
    private final Rope rope;
    private final Attention attention;
    private final Layer[] layers;
    private final RmsNorm outputNorm;
    private final Linear output;
    private final Buffers buffers;

    private record Layer(
            RmsNorm attentionNorm,
            Linear queriesKeysValues,
            Linear attentionOutput,
            RmsNorm feedForwardNorm,
            GatedFeedForward feedForward) {}

    Llama(ModelFile file, Compute compute, int maximumRows, int maximumOutputs) {
        this.compute = compute;
        GgufKeys keys = new GgufKeys(file, "llama");
        shape = keys.shape();
        float epsilon = keys.normEpsilon();
        int width = shape.embeddingLength();
        int keyWidth = shape.kvHeads() * shape.headSize();
        int queryWidth = shape.heads() * shape.headSize();

        Matrix table = file.matrix("token_embd.weight", shape.vocabularySize(), width);
        embedding = new Embedding(compute, table);
        layers = new Layer[shape.layers()];
        for (int i = 0; i < layers.length; i++) {
            String block = "blk." + i + ".";
            layers[i] = new Layer(
                    new RmsNorm(compute, file.vector(block + "attn_norm.weight", width), epsilon),
                    new Linear(
                            compute,
                            file.matrix(block + "attn_q.weight", queryWidth, width),
                            file.matrix(block + "attn_k.weight", keyWidth, width),
                            file.matrix(block + "attn_v.weight", keyWidth, width)),
                    new Linear(compute, file.matrix(block + "attn_output.weight", width, queryWidth)),
                    new RmsNorm(compute, file.vector(block + "ffn_norm.weight", width), epsilon),
                    new GatedFeedForward(
                            compute,
                            file.matrix(block + "ffn_gate.weight", shape.feedForwardLength(), width),
                            file.matrix(block + "ffn_up.weight", shape.feedForwardLength(), width),
                            file.matrix(block + "ffn_down.weight", width, shape.feedForwardLength())));
        }
        outputNorm = new RmsNorm(compute, file.vector("output_norm.weight", width), epsilon);
        output = new Linear(
                compute,
                file.has("output.weight") ? file.matrix("output.weight", shape.vocabularySize(), width) : table);
        rope = new Rope(compute, maximumRows, shape.headSize(), true, keys.ropeFrequencies());
        attention = new Attention(
                compute, shape.heads(), shape.kvHeads(), shape.headSize(), (float) (1 / Math.sqrt(shape.headSize())));
        buffers = new Buffers(shape, maximumRows, maximumOutputs);
    }

    @Override
    public ModelShape shape() {
        return shape;
    }

    @Override
    public RowTiles forward(StepBatch batch, KvCache cache) {
        Buffers b = buffers.resize(batch.rows(), batch.outputs());
        embedding.apply(batch.tokens(), b.stream);
        rope.prepare(batch);
        layers[0].attentionNorm.apply(b.stream, b.normed);
        for (int i = 0; i < layers.length; i++) {
            Layer layer = layers[i];
            layer.queriesKeysValues.apply(b.normed, b.queries, b.keys, b.values);
            rope.apply(b.queries, b.keys);
            attention.apply(batch, cache, i, b.queries, b.keys, b.values, b.attended);
            layer.attentionOutput.apply(b.attended, b.normed);
            layer.feedForwardNorm.applyToSum(b.stream, b.normed, b.normed);
            layer.feedForward.apply(b.normed, b.gated, b.raised, b.normed);
            if (i + 1 < layers.length) {
                layers[i + 1].attentionNorm.applyToSum(b.stream, b.normed, b.normed);
            }
        }
        compute.add(b.stream, b.normed);
        b.selectOutputs(batch);
        outputNorm.apply(b.selected, b.selected);
        output.apply(b.selected, b.logits);
        return b.logits;
    }
}
