package io.promptmill.udf;

import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.tensor.DenseMatrix;
import io.promptmill.udf.weights.GgufWriter;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.LoraSummary;
import io.promptmill.udf.weights.LowRankTensors;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/** An adapter of random numbers for the linear layers of any model whose names fit a pattern. */
public record RandomLora(int seed, int rank, double size, String targets) implements LoraAdapter {
    /** All linear layers of attention and of feed-forwards that all rows use. */
    public static final String ALL = "blk\\.\\d+\\.(attn_(q|k|v|qkv|output)|ffn_(gate|up|down)(_shexp)?)\\.weight";

    /** Queries and values, as by default in PEFT. */
    public static final String QUERIES_VALUES = "blk\\.\\d+\\.attn_(q|v|qkv)\\.weight";

    @Override
    public String source() {
        return "random-" + seed;
    }

    @Override
    public LoraSummary summary() {
        return new LoraSummary(
                null, null, new TreeSet<>(List.of(rank)), new TreeSet<>(List.of(targets)), 0, 0, new TreeMap<>());
    }

    @Override
    public Map<String, LowRankTensors> tensors(ModelFile base) {
        Random random = new Random(seed);
        Map<String, LowRankTensors> tensors = new LinkedHashMap<>();
        base.tensors().forEach((name, tensor) -> {
            if (name.matches(targets)) {
                int outputs = Math.toIntExact(tensor.shape().get(0));
                int inputs = Math.toIntExact(tensor.shape().get(1));
                float[] down = gaussian(random, rank * inputs, 1 / Math.sqrt(inputs));
                float[] up = gaussian(random, outputs * rank, size);
                tensors.put(
                        name,
                        new LowRankTensors(
                                DenseMatrix.of(name + ".lora_a", rank, inputs, down),
                                DenseMatrix.of(name + ".lora_b", outputs, rank, up),
                                2.0 / rank));
            }
        });
        return tensors;
    }

    /** Writes it as a GGUF file for that model. */
    public Path writeTo(Path path, ModelFile base) {
        GgufWriter writer = new GgufWriter()
                .put("general.type", "adapter")
                .put("general.architecture", base.metadata().requireText("general.architecture"))
                .put("adapter.type", "lora")
                .put("adapter.lora.alpha", 2f);
        tensors(base).forEach((name, pair) -> {
            writer.tensor(
                    pair.down().name(),
                    DecodedMatrix.values(pair.down()),
                    rank,
                    pair.down().columns());
            writer.tensor(
                    pair.up().name(), DecodedMatrix.values(pair.up()), pair.up().rows(), rank);
        });
        return writer.writeTo(path);
    }

    private static float[] gaussian(Random random, int count, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }

    @Override
    public void close() {}
}
