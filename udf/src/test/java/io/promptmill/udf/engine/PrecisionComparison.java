package io.promptmill.udf.engine;

import io.promptmill.udf.tensor.RowTiles;
import java.nio.file.Path;
import java.util.List;

/** The same text through a model in {@code f32} and in another precision. */
final class PrecisionComparison {
    private PrecisionComparison() {}

    /**
     * Both forward passes over every window, each window a sequence of its own.
     *
     * @param windows token ids, each of at most {@code window}
     * @param threads of each engine; 0: the available processors
     * @throws io.promptmill.udf.error.PromptmillException where the model does not run in the precision
     */
    static Divergence compare(Path model, String precision, List<int[]> windows, int window, int threads) {
        Divergence divergence = new Divergence();
        try (TeacherForcing reference = new TeacherForcing(model, "f32", window, threads);
                TeacherForcing other = new TeacherForcing(model, precision, window, threads)) {
            for (int[] tokens : windows) {
                add(divergence, reference.logits(tokens), other.logits(tokens), tokens);
            }
        }
        return divergence;
    }

    private static void add(Divergence divergence, RowTiles reference, RowTiles other, int[] tokens) {
        float[] expected = new float[reference.features()];
        float[] actual = new float[other.features()];
        for (int i = 0; i < tokens.length; i++) {
            reference.readRow(i, 0, expected.length, expected, 0);
            other.readRow(i, 0, actual.length, actual, 0);
            divergence.add(expected, actual, i + 1 < tokens.length ? tokens[i + 1] : -1);
        }
    }
}
