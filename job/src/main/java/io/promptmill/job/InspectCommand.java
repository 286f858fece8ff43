package io.promptmill.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.promptmill.udf.engine.ModelSummary;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.LoraSummary;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what a model file or an adapter holds and needs. */
@Command(
        name = "inspect",
        description = "Checks a model file and prints what it holds and what memory it needs.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class InspectCommand implements Callable<Integer> {
    private static final int KV_TOKENS = 1000;
    private static final int STEP_TOKENS = 512;
    private static final int STEP_SEQUENCES = 32;

    @Parameters(paramLabel = "MODEL", description = "path or URI of a GGUF file, or hf://organisation/name/file")
    private String model;

    @Option(names = "--json", description = "prints one JSON object")
    private boolean json;

    @Override
    public Integer call() throws JsonProcessingException {
        Path path = ModelFiles.local(model);
        if (LoraAdapter.isAdapter(path)) {
            LoraSummary summary = AdapterDescription.of(path);
            show(AdapterDescription.values(summary), out -> AdapterDescription.print(summary, out));
        } else {
            ModelSummary summary = ModelSummary.of(path);
            show(values(summary), out -> print(summary, out));
        }
        System.out.flush();
        return 0;
    }

    private void show(Map<String, Object> values, Consumer<PrintStream> lines) throws JsonProcessingException {
        if (json) {
            System.out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(values));
        } else {
            lines.accept(System.out);
        }
    }

    private static Map<String, Object> values(ModelSummary summary) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("architecture", summary.architecture());
        values.put("name", summary.name());
        values.put("parameters", summary.parameters());
        values.put("layers", summary.layers());
        values.put("embedding_length", summary.embeddingLength());
        values.put("feed_forward_length", summary.feedForwardLength());
        values.put("heads", summary.heads());
        values.put("kv_heads", summary.kvHeads());
        values.put("experts", summary.experts().count());
        values.put("experts_used", summary.experts().used());
        values.put("context_length", summary.contextLength());
        values.put("vocabulary_size", summary.vocabularySize());
        values.put("format_bytes", summary.formatBytes());
        values.put("tokenizer", summary.tokenizer());
        values.put("chat_template", summary.chatTemplate());
        values.put("weight_bytes", summary.weightBytes());
        values.put("precision", summary.precision());
        values.put("packed_weight_bytes", summary.packedWeightBytes());
        values.put("kv_precision", summary.kvPrecision());
        values.put("activation_bytes_per_token", summary.activationBytesPerToken());
        values.put("logit_bytes_per_sequence", summary.logitBytesPerSequence());
        values.put("kv_bytes_per_token", summary.kvBytesPerToken());
        values.put("kv_bytes_per_1000_tokens", summary.kvBytesPerToken() * KV_TOKENS);
        return values;
    }

    private static void print(ModelSummary summary, PrintStream out) {
        line(out, "name", summary.name());
        line(out, "architecture", summary.architecture());
        line(out, "parameters", String.format(Locale.ROOT, "%,d", summary.parameters()));
        line(
                out,
                "shape",
                String.format(
                        Locale.ROOT,
                        "%d layers, width %d, feed-forward %d, %d heads, %d key/value heads",
                        summary.layers(),
                        summary.embeddingLength(),
                        summary.feedForwardLength(),
                        summary.heads(),
                        summary.kvHeads()));
        line(out, "context", String.format(Locale.ROOT, "%,d tokens", summary.contextLength()));
        line(
                out,
                "vocabulary",
                String.format(Locale.ROOT, "%,d tokens, %s", summary.vocabularySize(), summary.tokenizer()));
        summary.formatBytes().forEach((format, bytes) -> line(out, "stored", format + " " + Bytes.format(bytes)));
        if (summary.experts().count() > 0) {
            line(
                    out,
                    "experts",
                    String.format(
                            Locale.ROOT,
                            "%d, of which a token uses %d, feed-forward %d each",
                            summary.experts().count(),
                            summary.experts().used(),
                            summary.experts().length()));
        }
        printMemory(summary, out);
        line(out, "chat", summary.chatTemplate() == null ? "no template: prompts are sent as plain text" : "template:");
        if (summary.chatTemplate() != null) {
            out.println(summary.chatTemplate().indent(2).stripTrailing());
        }
    }

    /** With the default settings: what lies where, and what grows with what. */
    private static void printMemory(ModelSummary summary, PrintStream out) {
        line(
                out,
                "memory",
                summary.packedWeightBytes() == 0
                        ? Bytes.format(summary.weightBytes()) + " of weights in " + summary.precision()
                                + ", in the mapped file"
                        : Bytes.format(summary.packedWeightBytes()) + " of weights in " + summary.precision()
                                + ", outside the heap");
        line(
                out,
                "",
                Bytes.format(summary.kvBytesPerToken() * KV_TOKENS) + " of keys and values in " + summary.kvPrecision()
                        + " for 1,000 tokens");
        line(
                out,
                "",
                Bytes.format(summary.activationBytesPerToken() * STEP_TOKENS
                                + summary.logitBytesPerSequence() * STEP_SEQUENCES)
                        + " of activations for steps of " + STEP_TOKENS + " tokens of " + STEP_SEQUENCES
                        + " sequences");
    }

    static void line(PrintStream out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
