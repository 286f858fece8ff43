package io.promptmill.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.engine.Adapter;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the engine without Spark. */
@Command(
        name = "bench",
        description = "Measures the engine, without Spark, on prompts of random tokens.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class BenchCommand implements Callable<Integer> {

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "path or URI of a GGUF file, or hf://organisation/name/file")
    private String model;

    @Option(names = "--prompts", paramLabel = "N", defaultValue = "32", description = "number (${DEFAULT-VALUE})")
    private int prompts;

    @Option(
            names = "--prompt-tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "tokens of each prompt (${DEFAULT-VALUE})")
    private int promptTokens;

    @Option(
            names = "--generate-tokens",
            paramLabel = "N",
            defaultValue = "32",
            description = "tokens generated for each prompt (${DEFAULT-VALUE})")
    private int generateTokens;

    @Option(
            names = "--shared-prefix",
            paramLabel = "N",
            defaultValue = "0",
            description = "tokens at the start that all prompts share (${DEFAULT-VALUE})")
    private int sharedPrefix;

    @Option(
            names = "--warm-up-prompts",
            paramLabel = "N",
            defaultValue = "4",
            description = "prompts completed before the measured ones, while the JVM compiles (${DEFAULT-VALUE})")
    private int warmUpPrompts;

    @Option(names = "--no-prefix-cache", description = "computes shared prefixes anew for every prompt")
    private boolean noPrefixCache;

    @Option(names = "--precision", paramLabel = "P", defaultValue = "auto", description = "as engine.precision")
    private String precision;

    @Option(names = "--kv-precision", paramLabel = "P", defaultValue = "auto", description = "as engine.kv_precision")
    private String kvPrecision;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0", description = "as engine.threads")
    private int threads;

    @Option(
            names = "--max-batch-tokens",
            paramLabel = "N",
            defaultValue = "0",
            description = "as engine.max_batch_tokens")
    private int maxBatchTokens;

    @Option(names = "--max-sequences", paramLabel = "N", defaultValue = "0", description = "as engine.max_sequences")
    private int maxSequences;

    @Option(
            names = "--adapters",
            paramLabel = "N",
            defaultValue = "0",
            description = "adapters of random numbers, which prompts use in turn (${DEFAULT-VALUE})")
    private int adapters;

    @Option(
            names = "--adapter-rank",
            paramLabel = "R",
            defaultValue = "16",
            description = "their rank (${DEFAULT-VALUE})")
    private int adapterRank;

    @Option(
            names = "--adapter-targets",
            paramLabel = "T",
            defaultValue = "q,v",
            description = "what they add to: some of q,k,v,o,qkv,gate,up,down, or all (${DEFAULT-VALUE})")
    private String adapterTargets;

    @Option(
            names = "--constraint",
            paramLabel = "KIND=SOURCE",
            description = "what completions must look like: regex, json_schema, grammar, choice or json_object, and its"
                    + " text, or @FILE. Completions may then be shorter than --generate-tokens")
    private String constraint;

    @Option(names = "--json", description = "prints one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        atLeast("--prompts", prompts, 1);
        atLeast("--prompt-tokens", promptTokens, 1);
        atLeast("--generate-tokens", generateTokens, 1);
        atLeast("--shared-prefix", sharedPrefix, 0);
        atLeast("--warm-up-prompts", warmUpPrompts, 0);
        atLeast("--adapters", adapters, 0);
        atLeast("--adapter-rank", adapterRank, 1);
        List<String> targets = RandomAdapter.parseTargets("--adapter-targets", adapterTargets);
        List<Adapter> random = IntStream.range(0, adapters)
                .mapToObj(i -> new Adapter("adapter-" + i, () -> new RandomAdapter(i, adapterRank, targets), 1))
                .toList();
        if (sharedPrefix > promptTokens) {
            throw new ConfigException("--shared-prefix is " + sharedPrefix
                    + "; expected at most --prompt-tokens, which is " + promptTokens);
        }
        EngineConfig defaults = EngineConfig.DEFAULT;
        EngineConfig config = new EngineConfig(
                threads,
                maxBatchTokens,
                maxSequences,
                defaults.maxContext(),
                defaults.kvCacheBytes(),
                !noPrefixCache,
                precision,
                kvPrecision);
        Path file = ModelFiles.local(model);
        Map<String, Object> figures = new Benchmark(
                        prompts,
                        promptTokens,
                        generateTokens,
                        sharedPrefix,
                        warmUpPrompts,
                        random,
                        CompletionOptions.DEFAULT.withConstraint(constraint()))
                .run(file, config);
        if (json) {
            System.out.println(new ObjectMapper().writeValueAsString(figures));
        } else {
            figures.forEach((name, value) ->
                    System.out.printf("%-28s %s%n", name, value instanceof Double ? "%.2f".formatted(value) : value));
        }
        System.out.flush();
        return 0;
    }

    private ConstraintSpec constraint() throws IOException {
        if (constraint == null) {
            return null;
        }
        String[] parts = constraint.split("=", 2);
        ConstraintSpec.Kind kind = Arrays.stream(ConstraintSpec.Kind.values())
                .filter(known -> known.label().equals(parts[0]))
                .findFirst()
                .orElseThrow(() -> new ConfigException("--constraint is '" + constraint + "'; expected one of "
                        + Arrays.stream(ConstraintSpec.Kind.values())
                                .map(ConstraintSpec.Kind::label)
                                .toList()
                        + ", '=' and its text or @FILE"));
        String source = parts.length == 1 ? "" : parts[1];
        ConstraintSpec spec = new ConstraintSpec(
                kind, source.startsWith("@") ? Files.readString(Path.of(source.substring(1))) : source);
        spec.check();
        return spec;
    }

    private static void atLeast(String option, int value, int minimum) {
        if (value < minimum) {
            throw new ConfigException(option + " is " + value + "; expected " + minimum + " or more");
        }
    }
}
