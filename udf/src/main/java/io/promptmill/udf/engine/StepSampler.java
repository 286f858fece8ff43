package io.promptmill.udf.engine;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.sampler.Sampler;
import io.promptmill.udf.sampler.SamplingState;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;
import java.util.List;

/** Samples the rows of a step on all threads. One step at a time. */
record StepSampler(Sampler sampler, WorkerPool workers) {

    /**
     * What sampling a row gave.
     *
     * @param token the next token, -1 where there is an error
     * @param error why there is none, or null
     */
    record Outcome(int token, String error) {}

    /**
     * @param logits {@code [rows x vocabulary]}
     * @param states of the rows' sequences
     * @return by row
     */
    Outcome[] sample(RowTiles logits, List<SamplingState> states) {
        int[] largest = new int[logits.tiles() * RowTiles.LANES];
        Arrays.fill(largest, -1);
        workers.run(logits.tiles(), tile -> {
            if (rowsOf(tile, states).stream().anyMatch(SamplingState::takesLargest)) {
                sampler.largest(logits, tile, largest);
            }
        });
        Outcome[] outcomes = new Outcome[states.size()];
        workers.run(outcomes.length, row -> {
            SamplingState state = states.get(row);
            outcomes[row] = largest[row] >= 0 && state.takesLargest()
                    ? new Outcome(largest[row], null)
                    : sample(logits, row, state);
        });
        return outcomes;
    }

    private static List<SamplingState> rowsOf(int tile, List<SamplingState> states) {
        int from = tile * RowTiles.LANES;
        return states.subList(from, Math.min(states.size(), from + RowTiles.LANES));
    }

    private Outcome sample(RowTiles logits, int row, SamplingState state) {
        try {
            return new Outcome(sampler.sample(logits, row, state), null);
        } catch (RequestException e) {
            return new Outcome(-1, e.getMessage());
        }
    }
}
