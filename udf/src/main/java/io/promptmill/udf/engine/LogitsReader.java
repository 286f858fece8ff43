package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.sampler.LogProbabilities;
import io.promptmill.udf.sampler.Sampler;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;
import java.util.List;

/** Hands the logits and states of a step to the requests that they belong to, on all threads. One step at a time. */
final class LogitsReader {
    private final Sampler sampler;
    private final WorkerPool workers;
    private final ThreadLocal<LogProbabilities> logProbabilities;

    LogitsReader(Sampler sampler, int vocabularySize, WorkerPool workers) {
        this.sampler = sampler;
        this.workers = workers;
        this.logProbabilities = ThreadLocal.withInitial(() -> new LogProbabilities(vocabularySize));
    }

    /** Who reads the rows of a sequence. */
    interface Rows {
        /** True where the largest logit of the last row is likely to be the next token. */
        boolean takesLargest();

        /** Reads the logits of a sequence; each call on a thread of its own. Problems of the request are kept, not thrown. */
        void read(Sequence sequence, LogitRows rows);

        /** Reads the states of a sequence that asks for them; otherwise alike. */
        default void read(Sequence sequence, StateRows rows) {
            throw new IllegalStateException("no states were asked for");
        }
    }

    /**
     * A sequence's part in a step that gives logits or states.
     *
     * @param first of its rows of logits, or of states where it asks for those
     * @param count of them
     */
    record Output<T extends Rows>(T reader, Chunk chunk, int first, int count) {
        boolean isStates() {
            return chunk.sequence().givesStates();
        }
    }

    /**
     * Has all logits and states read.
     *
     * @param logits {@code [rows x vocabulary]}
     * @param states {@code [rows x embedding]}; may be null where none is asked for
     * @param outputs in the order of the rows
     */
    <T extends Rows> void read(RowTiles logits, RowTiles states, List<Output<T>> outputs) {
        int[] largest = new int[logits.tiles() * RowTiles.LANES];
        Arrays.fill(largest, -1);
        int[] tiles = tilesToSearch(outputs);
        workers.run(tiles.length, i -> sampler.largest(logits, tiles[i], largest));
        workers.run(outputs.size(), i -> {
            Output<T> output = outputs.get(i);
            if (output.isStates()) {
                output.reader.read(output.chunk.sequence(), new StateRows(states, output.first, output.count));
                return;
            }
            int last = output.first + output.count - 1;
            output.reader.read(
                    output.chunk.sequence(),
                    new LogitRows(
                            logits,
                            output.chunk,
                            output.first,
                            output.count,
                            largest[last],
                            sampler,
                            logProbabilities::get));
        });
    }

    private static int[] tilesToSearch(List<? extends Output<?>> outputs) {
        return outputs.stream()
                .filter(output -> output.reader().takesLargest())
                .mapToInt(output -> (output.first() + output.count() - 1) / RowTiles.LANES)
                .distinct()
                .toArray();
    }
}
