package io.promptmill.job;

import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.LoraSummary;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code inspect} says of an adapter. */
final class AdapterDescription {
    private AdapterDescription() {}

    /** @throws io.promptmill.udf.error.ModelFileException where it cannot be used */
    static LoraSummary of(Path path) {
        try (LoraAdapter adapter = LoraAdapter.open(path)) {
            return adapter.summary();
        }
    }

    static Map<String, Object> values(LoraSummary summary) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("type", "lora");
        values.put("architecture", summary.architecture());
        values.put("base_model", summary.base());
        values.put("ranks", summary.ranks());
        values.put("targets", summary.targets());
        values.put("matrices", summary.matrices());
        values.put("parameters", summary.parameters());
        values.put("format_bytes", summary.formatBytes());
        values.put("bytes", bytes(summary));
        return values;
    }

    static void print(LoraSummary summary, PrintStream out) {
        InspectCommand.line(out, "type", "LoRA adapter, to be listed under 'adapters' of a job");
        InspectCommand.line(
                out, "architecture", summary.architecture() == null ? "that of its model" : summary.architecture());
        if (summary.base() != null) {
            InspectCommand.line(out, "made for", summary.base());
        }
        InspectCommand.line(
                out, "rank", summary.ranks().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        InspectCommand.line(
                out, "targets", String.join(", ", summary.targets()) + " (" + summary.matrices() + " matrices)");
        InspectCommand.line(out, "parameters", String.format(Locale.ROOT, "%,d", summary.parameters()));
        summary.formatBytes()
                .forEach((format, bytes) -> InspectCommand.line(out, "stored", format + " " + Bytes.format(bytes)));
    }

    private static long bytes(LoraSummary summary) {
        return summary.formatBytes().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }
}
