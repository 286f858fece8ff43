package io.promptmill.udf;

import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.GgufWriter;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** A llama of one layer and random weights with the tokenizer of the demo model: it writes any nonsense, and fast. */
public final class RandomModel {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final int WIDTH = 32;
    private static final int HEADS = 2;
    private static final int FORWARD = 64;
    private static final int CONTEXT = 1024;

    private RandomModel() {}

    /** Writes the model. */
    public static Path write(Path path, long seed) {
        Random random = new Random(seed);
        try (ModelFile demo = GgufFile.open(DEMO)) {
            Metadata metadata = demo.metadata();
            int vocabulary = metadata.texts("tokenizer.ggml.tokens").orElseThrow().length;
            GgufWriter writer = new GgufWriter()
                    .put("general.architecture", "llama")
                    .put("llama.context_length", CONTEXT)
                    .put("llama.embedding_length", WIDTH)
                    .put("llama.block_count", 1)
                    .put("llama.feed_forward_length", FORWARD)
                    .put("llama.attention.head_count", HEADS)
                    .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                    .put("llama.vocab_size", vocabulary);
            for (String key : new String[] {"model", "pre"}) {
                writer.put("tokenizer.ggml." + key, metadata.requireText("tokenizer.ggml." + key));
            }
            for (String key : new String[] {"tokens", "merges"}) {
                writer.put(
                        "tokenizer.ggml." + key,
                        metadata.texts("tokenizer.ggml." + key).orElseThrow());
            }
            writer.put(
                    "tokenizer.ggml.token_type",
                    Arrays.stream(metadata.integers("tokenizer.ggml.token_type").orElseThrow())
                            .mapToInt(type -> (int) type)
                            .toArray());
            writer.put("tokenizer.ggml.bos_token_id", 0).put("tokenizer.ggml.eos_token_id", 0);
            writer.tensor("token_embd.weight", values(random, vocabulary * WIDTH), vocabulary, WIDTH)
                    .tensor("output.weight", values(random, vocabulary * WIDTH), vocabulary, WIDTH)
                    .tensor("output_norm.weight", ones(), WIDTH)
                    .tensor("blk.0.attn_norm.weight", ones(), WIDTH)
                    .tensor("blk.0.ffn_norm.weight", ones(), WIDTH)
                    .tensor("blk.0.ffn_gate.weight", values(random, FORWARD * WIDTH), FORWARD, WIDTH)
                    .tensor("blk.0.ffn_up.weight", values(random, FORWARD * WIDTH), FORWARD, WIDTH)
                    .tensor("blk.0.ffn_down.weight", values(random, WIDTH * FORWARD), WIDTH, FORWARD);
            for (String name : new String[] {"q", "k", "v", "output"}) {
                writer.tensor("blk.0.attn_" + name + ".weight", values(random, WIDTH * WIDTH), WIDTH, WIDTH);
            }
            return writer.writeTo(path);
        }
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() / 3;
        }
        return values;
    }

    private static float[] ones() {
        float[] ones = new float[WIDTH];
        Arrays.fill(ones, 1);
        return ones;
    }
}
