package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.RandomLora;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.PrecisionSupport;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models with adapters: against the same weights merged, and against rows that are computed alone. */
class AdaptersTest {
    private static final double MAXIMUM_ERROR = 1e-9;

    private static ModelFile open(String name) {
        Path path = ConformanceData.folder("architectures").orElseThrow().resolve(name + ".gguf");
        return ModelFile.open(path);
    }

    private static int[] tokens(int seed, int count) {
        return new Random(seed).ints(count, 3, 200).toArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "falcon-7b",
                "falcon-40b",
                "phi3",
                "gpt2",
                "gptneox",
                "mpt",
                "phi2",
                "gemma2",
                "qwen2",
                "qwen2moe",
                "command-r",
                "starcoder2",
                "olmo2"
            })
    void anAdapterIsItsMergedWeights(String architecture) {
        int[] tokens = tokens(1, 40);
        LoraAdapter adapter = new RandomLora(3, 5, 0.4, RandomLora.ALL);
        ModelFile base = open(architecture);
        List<float[]> merged;
        List<float[]> plain;
        try (AdaptedModel model = AdaptedModel.load(
                new MergedModelFile(base, adapter.tensors(base)), "f32", List.of(), List.of(), tokens.length)) {
            merged = model.text(StepBatch.NO_ADAPTER).extend(tokens, 40);
        }
        try (AdaptedModel model =
                AdaptedModel.load(open(architecture), "f32", List.of(adapter), List.of(1.0), tokens.length)) {
            List<float[]> added = model.text(0).extend(tokens, 40);
            plain = model.text(StepBatch.NO_ADAPTER).extend(tokens, 40);
            for (int i = 0; i < tokens.length; i++) {
                double error = AdaptedModel.normalisedError(added.get(i), merged.get(i), 0);
                assertTrue(error < MAXIMUM_ERROR, "position " + i + ": error " + error);
                double difference = AdaptedModel.normalisedError(added.get(i), plain.get(i), 0);
                assertTrue(difference > 1e-3, "the adapter hardly matters: " + difference);
            }
        }
        try (AdaptedModel model = AdaptedModel.load(open(architecture), "f32", List.of(), List.of(), tokens.length)) {
            List<float[]> bare = model.text(StepBatch.NO_ADAPTER).extend(tokens, 40);
            for (int i = 0; i < tokens.length; i++) {
                assertArrayEquals(bare.get(i), plain.get(i));
            }
        }
    }

    /** Rounding with an adapter against exact numbers with it, and the same without. */
    @ParameterizedTest
    @CsvSource({"llama,int8", "llama,bf16", "falcon-40b,int8", "phi3,bf16"})
    void roundingAnAdapterCostsNoMoreThanRoundingTheModel(String architecture, String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        int[] tokens = tokens(1, 40);
        LoraAdapter adapter = new RandomLora(3, 8, 0.4, RandomLora.ALL);
        double[] errors = new double[2];
        for (int used : new int[] {StepBatch.NO_ADAPTER, 0}) {
            List<List<float[]>> logits = new ArrayList<>();
            for (String each : List.of("f32", precision)) {
                try (AdaptedModel model =
                        AdaptedModel.load(open(architecture), each, List.of(adapter), List.of(1.0), tokens.length)) {
                    logits.add(model.text(used).extend(tokens, 40));
                }
            }
            for (int i = 0; i < tokens.length; i++) {
                errors[used + 1] += AdaptedModel.normalisedError(
                        logits.get(1).get(i), logits.get(0).get(i), 0);
            }
        }
        assertTrue(errors[0] > 0 && errors[1] > 0);
        assertTrue(errors[1] < 3 * errors[0], errors[1] + " with the adapter, " + errors[0] + " without");
    }

    /** Texts of several adapters and of none, in steps of changing makeup, whose last layer keeps some rows only. */
    @ParameterizedTest
    @CsvSource({"llama,f32", "llama,int8", "llama,bf16", "falcon-7b,f32", "falcon-40b,int8", "phi3,int8", "qwen2moe,f32"
    })
    void aRowDoesNotDependOnTheRowsBesideIt(String architecture, String precision) {
        if (precision.equals("bf16")) {
            PrecisionSupport.assumeBf16();
        }
        List<LoraAdapter> adapters = List.of(
                new RandomLora(3, 4, 0.4, RandomLora.ALL),
                new RandomLora(4, 16, 0.4, RandomLora.QUERIES_VALUES),
                new RandomLora(5, 35, 0.4, RandomLora.ALL));
        try (AdaptedModel model =
                AdaptedModel.load(open(architecture), precision, adapters, List.of(1.0, 0.5, -1.0), 64)) {
            int[] used = {0, 1, StepBatch.NO_ADAPTER, 2, 0, 1};
            List<List<float[]>> alone = new ArrayList<>();
            for (int i = 0; i < used.length; i++) {
                alone.add(model.text(used[i]).extend(tokens(i, 50), 50));
            }
            for (int round = 0; round < 3; round++) {
                together(model, used, alone, new Random(round));
            }
        }
    }

    private static void together(AdaptedModel model, int[] used, List<List<float[]>> alone, Random random) {
        AdaptedModel.Text[] texts = Arrays.stream(used).mapToObj(model::text).toArray(AdaptedModel.Text[]::new);
        int[] done = new int[used.length];
        while (Arrays.stream(done).anyMatch(count -> count < 50)) {
            StepBatch batch = new StepBatch(256);
            List<float[]> expected = new ArrayList<>();
            for (int i = 0; i < used.length; i++) {
                int end = Math.min(50, done[i] + random.nextInt(26));
                for (; done[i] < end; done[i]++) {
                    boolean output = done[i] == end - 1 || random.nextInt(4) == 0;
                    texts[i].add(batch, tokens(i, 50)[done[i]], output);
                    if (output) {
                        expected.add(alone.get(i).get(done[i]));
                    }
                }
            }
            if (batch.rows() > 0) {
                List<float[]> logits = model.forward(batch);
                for (int row = 0; row < logits.size(); row++) {
                    assertArrayEquals(expected.get(row), logits.get(row));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"llama,token_embd.weight", "qwen2moe,blk\\.0\\.ffn_gate_inp\\.weight"})
    void whatIsNoLinearLayerIsRefused(String architecture, String target) {
        ModelFile base = open(architecture);
        LoraAdapter adapter = new RandomLora(1, 2, 1, target);
        Map<String, ?> tensors = adapter.tensors(base);
        assertTrue(tensors.size() == 1, base.tensors().keySet().toString());
        String name = tensors.keySet().iterator().next();
        ModelFileException refusal = assertThrows(
                ModelFileException.class, () -> AdaptedModel.load(base, "f32", List.of(adapter), List.of(1.0), 16));
        assertTrue(
                refusal.getMessage().startsWith("random-1: tensor '" + name + ".lora_a' is added to '" + name + "'"),
                refusal.getMessage());
    }
}
