package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.DataException;
import io.promptmill.udf.kernels.PrecisionSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The measure of a precision's cost: its arithmetic on small numbers, and the demo model within its bounds. */
class PrecisionComparisonTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final Path REVIEWS = Path.of("../datasets/reviews.jsonl");
    private static final int WINDOW = 256;

    /** The mean divergence, in nats a token, that each precision stays below on the demo model; 0: equal bits. */
    private static final Map<String, Double> BOUNDS = Map.of("f32", 0.0, "int8", 1e-4, "bf16", 2e-5);

    @TempDir
    private Path folder;

    @Test
    void divergenceAgreementAndPerplexityOfKnownDistributions() {
        Divergence divergence = new Divergence();
        // Logits are distributions up to a constant: (1/2, 1/4, 1/4) against (1/8, 3/4, 1/8).
        divergence.add(logits(7, 0.5, 0.25, 0.25), logits(-3, 0.125, 0.75, 0.125), 0);
        divergence.add(logits(0, 0.2, 0.7, 0.1), logits(1, 0.2, 0.7, 0.1), 1);
        double expected = 0.5 * Math.log(4) + 0.25 * Math.log(1.0 / 3) + 0.25 * Math.log(2);
        assertEquals(2, divergence.positions());
        assertEquals(expected, divergence.maximum(), 1e-6);
        assertEquals(expected / 2, divergence.mean(), 1e-6);
        assertEquals(0.5, divergence.agreement());
        assertEquals(1 / Math.sqrt(0.5 * 0.7), divergence.referencePerplexity(), 1e-6);
        assertEquals(1 / Math.sqrt(0.125 * 0.7), divergence.perplexity(), 1e-6);
        // A last token has no next one and does not count in the perplexity.
        divergence.add(logits(0, 0.5, 0.5), logits(0, 0.5, 0.5), -1);
        assertEquals(1 / Math.sqrt(0.5 * 0.7), divergence.referencePerplexity(), 1e-6);
    }

    @Test
    void brokenLogitsShow() {
        Divergence divergence = new Divergence();
        divergence.add(new float[] {1, 2}, new float[] {1, Float.NaN}, 0);
        assertTrue(Double.isNaN(divergence.maximum()));
        assertTrue(Double.isNaN(divergence.mean()));
    }

    @Test
    void everyPrecisionStaysWithinItsBoundOnTheDemoModel() throws IOException {
        List<int[]> windows = HeldOutText.windows(DEMO, conversations(), WINDOW);
        long tokens = windows.stream().mapToInt(window -> window.length).sum();
        assertTrue(tokens > 4_000, tokens + " tokens");
        BOUNDS.forEach((precision, bound) -> {
            if (precision.equals("bf16") && !PrecisionSupport.hasBf16()) {
                return;
            }
            Divergence divergence = PrecisionComparison.compare(DEMO, precision, windows, WINDOW, 1);
            assertEquals(tokens, divergence.positions());
            assertTrue(divergence.mean() <= bound, precision + ": " + divergence.mean());
            assertTrue(divergence.agreement() >= (bound == 0 ? 1 : 0.97), precision + ": " + divergence.agreement());
            // Of 2,048 tokens the model is left with a choice of a few: it knows this text, and where it stands in it.
            assertTrue(divergence.referencePerplexity() < 4, "perplexity " + divergence.referencePerplexity());
        });
    }

    @Test
    void windowsHoldTheWholeTextInOrder() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain.txt"), "One day Tom found a red ball. ".repeat(40));
        List<int[]> wide = HeldOutText.windows(DEMO, plain, 1_000);
        List<int[]> narrow = HeldOutText.windows(DEMO, plain, 100);
        assertEquals(1, wide.size());
        assertEquals(
                Arrays.stream(wide.get(0)).boxed().toList(),
                narrow.stream().flatMapToInt(Arrays::stream).boxed().toList());
        assertTrue(narrow.stream().allMatch(window -> window.length <= 100));
        Path broken = Files.writeString(folder.resolve("broken.jsonl"), "{\"prompt\": \"no text\"}\n");
        assertThrows(DataException.class, () -> HeldOutText.windows(DEMO, broken, 100));
    }

    private Path conversations() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(REVIEWS)) {
            String text = line.replaceFirst(".*\"text\": \"(.*)\", \"sentiment\".*", "$1");
            String sentiment = line.replaceFirst(".*\"sentiment\": \"(.*)\"}", "$1");
            lines.add("""
                    {"messages": [{"role": "user", "content": "Is this review positive or negative?\\n%s"}, \
                    {"role": "assistant", "content": "%s"}]}""".formatted(text, sentiment));
        }
        return Files.write(folder.resolve("reviews.jsonl"), lines);
    }

    private static float[] logits(double constant, double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (Math.log(probabilities[i]) + constant);
        }
        return logits;
    }
}
