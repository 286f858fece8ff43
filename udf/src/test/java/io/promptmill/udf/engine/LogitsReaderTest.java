package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.engine.LogitsReader.Output;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.sampler.Sampler;
import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.sampler.SamplingState;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogitsReaderTest {
    private static final int VOCABULARY = 1003;
    private static final SamplingParameters GREEDY = SamplingParameters.DEFAULT;
    /** Row by row: as the model computed it, with a penalty, with a ban, and drawn. */
    private static final List<SamplingParameters> MIXED = List.of(
            GREEDY,
            GREEDY.toBuilder().repetitionPenalty(50).build(),
            GREEDY.toBuilder().minTokens(2).build(),
            GREEDY.toBuilder().temperature(0.8).build());

    private final Sampler sampler = new Sampler(KernelProvider.get(), VOCABULARY);
    private final Random random = new Random(5);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16, 17, 50})
    void aRowGetsWhatItWouldGetAlone(int rows) {
        RowTiles logits = logits(rows);
        List<SamplingState> states = IntStream.range(0, rows)
                .mapToObj(row -> state(MIXED.get(row % MIXED.size()), row, largest(logits, row)))
                .toList();
        try (WorkerPool workers = new WorkerPool(3, "test")) {
            List<Reader> outcomes = read(logits, states, workers);
            for (int row = 0; row < rows; row++) {
                assertNull(outcomes.get(row).error);
                assertEquals(sampler.sample(logits, row, states.get(row)), outcomes.get(row).token, "row " + row);
                if (row % MIXED.size() < 3) {
                    assertEquals(
                            row % MIXED.size() == 0, outcomes.get(row).token == largest(logits, row), "row " + row);
                }
            }
        }
    }

    @Test
    void aRowWhoseLogitsAreNotNumbersFailsAlone() {
        RowTiles logits = logits(20);
        logits.data()[logits.index(3, 7)] = Float.NaN;
        logits.data()[logits.index(5, 8)] = Float.POSITIVE_INFINITY;
        logits.data()[logits.index(6, 9)] = Float.NEGATIVE_INFINITY;
        List<SamplingState> states =
                IntStream.range(0, 20).mapToObj(row -> state(GREEDY, row, 0)).toList();
        try (WorkerPool workers = new WorkerPool(1, "test")) {
            List<Reader> outcomes = read(logits, states, workers);
            assertTrue(outcomes.get(3).error.contains("NaN for token 7"), outcomes.get(3).error);
            assertTrue(outcomes.get(5).error.contains("Infinity for token 8"), outcomes.get(5).error);
            // A token may be impossible; the others are not.
            assertEquals(largest(logits, 6), outcomes.get(6).token);
            for (int row = 7; row < 20; row++) {
                assertEquals(largest(logits, row), outcomes.get(row).token);
            }
        }
    }

    /** Samples one row, as a completion does. */
    private static final class Reader implements LogitsReader.Rows {
        private final SamplingState state;
        private int token = -1;
        private String error;

        Reader(SamplingState state) {
            this.state = state;
        }

        @Override
        public boolean takesLargest() {
            return state.takesLargest();
        }

        @Override
        public void read(Sequence sequence, LogitRows rows) {
            try {
                token = rows.sample(state, null);
            } catch (RequestException e) {
                error = e.getMessage();
            }
        }
    }

    private List<Reader> read(RowTiles logits, List<SamplingState> states, WorkerPool workers) {
        List<Reader> readers = states.stream().map(Reader::new).toList();
        Chunk chunk = new Chunk(new Sequence(new int[] {1}, 2), 0, 1, true);
        List<Output<Reader>> outputs = IntStream.range(0, readers.size())
                .mapToObj(row -> new Output<>(readers.get(row), chunk, row, 1))
                .toList();
        new LogitsReader(sampler, VOCABULARY, workers).read(logits, null, outputs);
        return readers;
    }

    /** The prompt and the model's end are the row's largest token, so that penalties and bans change the outcome. */
    private static SamplingState state(SamplingParameters parameters, int row, int largest) {
        return new SamplingState(parameters, "row" + row, new int[] {largest}, Set.of(largest));
    }

    private RowTiles logits(int rows) {
        RowTiles logits = new RowTiles(rows, VOCABULARY);
        for (int i = 0; i < logits.data().length; i++) {
            logits.data()[i] = (float) random.nextGaussian();
        }
        return logits;
    }

    private static int largest(RowTiles logits, int row) {
        float[] values = new float[VOCABULARY];
        logits.readRow(row, 0, VOCABULARY, values, 0);
        return IntStream.range(0, VOCABULARY).reduce(0, (best, token) -> values[token] > values[best] ? token : best);
    }
}
