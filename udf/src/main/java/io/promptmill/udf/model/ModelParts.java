package io.promptmill.udf.model;

import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.Attention;
import io.promptmill.udf.layers.AttentionShape;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.DenseFeedForward;
import io.promptmill.udf.layers.Embedding;
import io.promptmill.udf.layers.FeedForward;
import io.promptmill.udf.layers.LayerNorm;
import io.promptmill.udf.layers.Linear;
import io.promptmill.udf.layers.Norm;
import io.promptmill.udf.layers.Projection;
import io.promptmill.udf.layers.RmsNorm;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.layers.RopeAngles;
import io.promptmill.udf.layers.SelfAttention;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.ModelFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;

/**
 * Builds the parts of a model from the tensors of its file, by the names that GGUF gives them. A bias that the file has is
 * taken, and one that it has not is none: many families exist with and without.
 */
final class ModelParts {
    private final ModelFile file;
    private final GgufKeys keys;
    private final ModelShape shape;
    private final int tableRows;
    private final Compute compute;
    private final ModelSize size;
    private final List<Rope> ropes = new ArrayList<>();
    private final Map<Integer, DenseFeedForward.Scratch> scratches = new HashMap<>();

    ModelParts(ModelFile file, String architecture, ModelShape shape, Compute compute, ModelSize size) {
        this.file = file;
        this.keys = new GgufKeys(file, architecture);
        this.shape = shape.withVocabulary(size.vocabulary());
        this.tableRows = shape.vocabularySize();
        this.compute = compute;
        this.size = size;
    }

    ModelFile file() {
        return file;
    }

    GgufKeys keys() {
        return keys;
    }

    ModelShape shape() {
        return shape;
    }

    Compute compute() {
        return compute;
    }

    ModelSize size() {
        return size;
    }

    /** All rotary embeddings that were made. */
    List<Rope> ropes() {
        return ropes;
    }

    boolean has(String name) {
        return file.has(name);
    }

    /** One for each layer, from its number. */
    <T> List<T> layers(IntFunction<T> layer) {
        List<T> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(layer.apply(i));
        }
        return layers;
    }

    /** The prefix of a layer's tensors. */
    static String block(int layer) {
        return "blk." + layer + ".";
    }

    Embedding embedding() {
        return new Embedding(compute, file.matrix("token_embd.weight", tableRows, shape.embeddingLength()));
    }

    /** Adds learned positions {@code [context x embedding]} to the vectors of a step's tokens. */
    BiConsumer<StepBatch, RowTiles> learnedPositions() {
        int width = shape.embeddingLength();
        Embedding positions = new Embedding(compute, file.matrix("position_embd.weight", shape.contextLength(), width));
        RowTiles found = new RowTiles(size.rows(), width);
        return (batch, vectors) -> {
            positions.apply(batch.positions(), found.resize(batch.rows()));
            compute.add(vectors, found);
        };
    }

    /** The output's weights for the ids that have logits, or those of the embedding where the file has no others. */
    Linear output() {
        String name = file.has("output.weight") ? "output" : "token_embd";
        Projection all = projection(name, tableRows, shape.embeddingLength());
        return new Linear(compute, all.outputs(0, shape.vocabularySize()));
    }

    /** {@code NAME.weight [outputs x inputs]} and {@code NAME.bias}. */
    Projection projection(String name, int outputs, int inputs) {
        return new Projection(file.matrix(name + ".weight", outputs, inputs), bias(name, outputs));
    }

    private float[] bias(String name, int outputs) {
        return file.has(name + ".bias") ? file.vector(name + ".bias", outputs) : null;
    }

    /** A root-mean-square norm of the embedding's size. */
    Norm rmsNorm(String name) {
        return rmsNorm(name, shape.embeddingLength());
    }

    Norm rmsNorm(String name, int features) {
        float epsilon = keys.epsilon("attention.layer_norm_rms_epsilon");
        return new RmsNorm(compute, features, file.vector(name + ".weight", features), epsilon);
    }

    /** A layer norm of the embedding's size. */
    Norm layerNorm(String name) {
        return layerNorm(name, shape.embeddingLength());
    }

    Norm layerNorm(String name, int features) {
        float epsilon = keys.epsilon("attention.layer_norm_epsilon");
        return new LayerNorm(compute, features, file.vector(name + ".weight", features), bias(name, features), epsilon);
    }

    /** Layer norms of queries and keys with weights {@code [heads x headSize]}, where the file has them. */
    SelfAttention withHeadNorms(int layer, SelfAttention attention) {
        String block = block(layer);
        return file.has(block + "attn_q_norm.weight")
                ? attention.norm(
                        headNorm(block + "attn_q_norm", shape.heads()),
                        headNorm(block + "attn_k_norm", shape.kvHeads()))
                : attention;
    }

    private Norm headNorm(String name, int heads) {
        Matrix weights = file.matrix(name + ".weight", heads, shape.headSize());
        float epsilon = keys.epsilon("attention.layer_norm_epsilon");
        return new LayerNorm(compute, shape.headSize(), DecodedMatrix.values(weights), null, epsilon);
    }

    RopeKeys ropeKeys() {
        return new RopeKeys(file, keys, shape, size.context());
    }

    /** A rotary embedding of the first features of each head, as the file says. */
    Rope rope(boolean interleaved) {
        return rope(interleaved, 0, ropeKeys().angles());
    }

    Rope rope(boolean interleaved, int first, RopeAngles angles) {
        Rope rope = new Rope(compute, size.rows(), shape.headSize(), first, interleaved, angles);
        ropes.add(rope);
        return rope;
    }

    /** Attention to all positions, with the scale that the file gives or the usual one. */
    Attention attention() {
        AttentionShape usual = AttentionShape.of(shape.heads(), shape.kvHeads(), shape.headSize());
        float scale = keys.numberOr("attention.scale", 0f, 0);
        return new Attention(compute, scale == 0 ? usual : usual.withScale(scale));
    }

    /** The attention of a layer whose queries, keys and values are stored apart, or one after the other. */
    SelfAttention selfAttention(int layer, Attention attention) {
        String block = block(layer);
        int width = shape.embeddingLength();
        int queries = shape.heads() * shape.headSize();
        int keyRows = shape.kvHeads() * shape.headSize();
        int valueRows = shape.kvHeads() * shape.valueSize();
        Projection output = projection(block + "attn_output", width, shape.heads() * shape.valueSize());
        if (!file.has(block + "attn_qkv.weight")) {
            return new SelfAttention(
                    compute,
                    attention,
                    projection(block + "attn_q", queries, width),
                    projection(block + "attn_k", keyRows, width),
                    projection(block + "attn_v", valueRows, width),
                    output);
        }
        Projection all = projection(block + "attn_qkv", queries + keyRows + valueRows, width);
        return new SelfAttention(
                compute,
                attention,
                all.outputs(0, queries),
                all.outputs(queries, keyRows),
                all.outputs(queries + keyRows, valueRows),
                output);
    }

    /** A feed-forward with a gate, whose gate and up are stored apart, or one after the other. */
    FeedForward gatedFeedForward(int layer, Activation activation) {
        return gatedFeedForward(block(layer) + "ffn_%s", shape.feedForwardLength(), activation);
    }

    /**
     * @param names of the three tensors, with {@code %s} for gate, up and down
     */
    FeedForward gatedFeedForward(String names, int hidden, Activation activation) {
        int width = shape.embeddingLength();
        Projection down = projection(names.formatted("down"), width, hidden);
        DenseFeedForward.Scratch scratch = scratch(hidden);
        if (file.has(names.formatted("gate") + ".weight")) {
            return DenseFeedForward.gated(
                    compute,
                    activation,
                    projection(names.formatted("gate"), hidden, width),
                    projection(names.formatted("up"), hidden, width),
                    down,
                    scratch);
        }
        Projection both = projection(names.formatted("up"), 2 * hidden, width);
        return DenseFeedForward.gated(
                compute, activation, both.outputs(0, hidden), both.outputs(hidden, hidden), down, scratch);
    }

    FeedForward plainFeedForward(int layer, Activation activation) {
        String block = block(layer);
        int width = shape.embeddingLength();
        int hidden = shape.feedForwardLength();
        return DenseFeedForward.plain(
                compute,
                activation,
                projection(block + "ffn_up", hidden, width),
                projection(block + "ffn_down", width, hidden),
                scratch(hidden));
    }

    /** One for each width. */
    private DenseFeedForward.Scratch scratch(int hidden) {
        return scratches.computeIfAbsent(hidden, width -> new DenseFeedForward.Scratch(size.rows(), width));
    }
}
