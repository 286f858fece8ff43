package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.LogProbabilities;
import io.promptmill.udf.sampler.Sampler;
import io.promptmill.udf.sampler.SamplingState;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.tensor.RowTiles;
import java.util.function.Supplier;

/**
 * The logits of one sequence in a step: those of the last {@code count} positions of its chunk.
 *
 * @param logits {@code [rows x vocabulary]} of all sequences of the step
 * @param first row of this sequence
 * @param largest token of the largest logit of the last row; -1 where that was not looked for, or only sampling can tell
 * @param logProbabilities for the calling thread
 */
record LogitRows(
        RowTiles logits,
        Chunk chunk,
        int first,
        int count,
        int largest,
        Sampler sampler,
        Supplier<LogProbabilities> logProbabilities) {

    /** Position in the sequence of a row, {@code 0 <= row < count}. */
    int position(int row) {
        return chunk.start() + chunk.count() - count + row;
    }

    /** Log-probabilities of the token after a row's position; valid until the next call. */
    LogProbabilities logProbabilities(int row) {
        return logProbabilities.get().read(logits, first + row);
    }

    /**
     * The token to follow the last row.
     *
     * @param allowed a bit for each token; null allows all
     * @throws io.promptmill.udf.error.RequestException where there is none
     */
    int sample(SamplingState state, long[] allowed) {
        boolean known = largest >= 0 && state.takesLargest();
        if (known && (allowed == null || (allowed[largest / Long.SIZE] >>> largest & 1) != 0)) {
            return largest;
        }
        return sampler.sample(logits, first + count - 1, state, allowed);
    }
}
