package io.promptmill.udf.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.PromptmillException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What each precision costs in quality, as a table: divergence from {@code f32} on held-out text, and on the conformance
 * models with their random weights and token ids.
 *
 * <pre>
 * QualityReport [--conformance FOLDER] [--text MODEL FILE] PRECISION[,PRECISION ...]
 * </pre>
 */
public final class QualityReport {
    /** Tokens of a sequence at most: what a model with a long context is measured at. */
    private static final int WINDOW = 512;

    private static final String USAGE =
            "usage: QualityReport [--conformance FOLDER] [--text MODEL FILE] PRECISION[,PRECISION ...]";

    private final PrintStream out;
    private final List<String> precisions;
    private final List<String> notRun = new ArrayList<>();

    private QualityReport(PrintStream out, List<String> precisions) {
        this.out = out;
        this.precisions = precisions;
    }

    public static void main(String[] arguments) throws IOException {
        List<String> given = List.of(arguments);
        if (given.size() < 3 || given.get(given.size() - 1).startsWith("--")) {
            System.err.println(USAGE);
            System.exit(2);
        }
        QualityReport report =
                new QualityReport(System.out, List.of(given.get(given.size() - 1).split(",")));
        try {
            report.requireKnownPrecisions();
            report.run(given.subList(0, given.size() - 1));
        } catch (PromptmillException | IllegalArgumentException e) {
            System.err.println("error: " + e.getMessage());
            System.exit(1);
        }
    }

    private void requireKnownPrecisions() {
        for (String precision : precisions) {
            new EngineConfig(0, WINDOW, WINDOW, WINDOW, 0, false, precision, "auto");
        }
    }

    private void run(List<String> options) throws IOException {
        out.println("| model | precision | tokens | mean KL | max KL | top-1 agreement | perplexity f32 | perplexity |");
        out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (int i = 0; i < options.size(); ) {
            if (options.get(i).equals("--text") && i + 2 < options.size()) {
                heldOut(Path.of(options.get(i + 1)), Path.of(options.get(i + 2)));
                i += 3;
            } else if (options.get(i).equals("--conformance") && i + 1 < options.size()) {
                conformance(Path.of(options.get(i + 1)));
                i += 2;
            } else {
                throw new IllegalArgumentException("'" + options.get(i) + "' is not understood; " + USAGE);
            }
        }
        notRun.forEach(line -> out.printf("%nNot run: %s%n", line));
    }

    private void heldOut(Path model, Path text) throws IOException {
        int window;
        try (TeacherForcing forcing = new TeacherForcing(model, "f32", WINDOW, 0)) {
            window = forcing.window();
        }
        rows(model, HeldOutText.windows(model, text, window), window);
    }

    /** Every model of architecture llama that has token ids. */
    private void conformance(Path folder) throws IOException {
        List<Path> descriptions = new ArrayList<>();
        for (String part : List.of("architectures", "quants")) {
            try (Stream<Path> files = Files.list(folder.resolve(part))) {
                files.filter(file -> file.getFileName().toString().endsWith(".json"))
                        .filter(file -> part.equals("quants")
                                || file.getFileName().toString().startsWith("llama"))
                        .sorted()
                        .forEach(descriptions::add);
            }
        }
        for (Path description : descriptions) {
            JsonNode expected = new ObjectMapper().readTree(description.toFile());
            int[] tokens = IntStream.concat(
                            Arrays.stream(ints(expected.get("token_ids"))),
                            Arrays.stream(ints(expected.get("greedy_continuation"))))
                    .toArray();
            Path model = description.resolveSibling(expected.get("model").asText());
            rows(model, List.of(tokens), tokens.length);
        }
    }

    /** A model that does not run at all is listed after the table; one that a precision refuses, in its row. */
    private void rows(Path model, List<int[]> windows, int window) {
        String name = model.getFileName().toString().replaceFirst("\\.gguf$", "");
        try {
            new TeacherForcing(model, "f32", window, 0).close();
        } catch (PromptmillException e) {
            notRun.add(name + ": " + reason(e, model));
            return;
        }
        for (String precision : precisions) {
            try {
                row(name, precision, PrecisionComparison.compare(model, precision, windows, window, 0));
            } catch (PromptmillException e) {
                out.printf("| %s | %s | refused: %s | | | | | |%n", name, precision, reason(e, model));
            }
        }
    }

    private void row(String name, String precision, Divergence divergence) {
        out.printf(
                Locale.ROOT,
                "| %s | %s | %,d | %.2e | %.2e | %.2f%% | %.4f | %.4f |%n",
                name,
                precision,
                divergence.positions(),
                divergence.mean(),
                divergence.maximum(),
                100 * divergence.agreement(),
                divergence.referencePerplexity(),
                divergence.perplexity());
    }

    private static String reason(PromptmillException error, Path model) {
        return error.getMessage().replace(model + ": ", "").replace("|", "\\|");
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }
}
