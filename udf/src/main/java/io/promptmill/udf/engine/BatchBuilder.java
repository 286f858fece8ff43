package io.promptmill.udf.engine;

import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.scheduler.Chunk;
import io.promptmill.udf.scheduler.Sequence;
import java.util.List;

/** Turns the scheduler's chunks into the rows of a step. */
final class BatchBuilder {
    private final StepBatch batch;

    BatchBuilder(int maximumRows) {
        batch = new StepBatch(maximumRows);
    }

    /** The rows of the chunks in order; outputs are the positions whose logits or states are wanted. */
    StepBatch build(List<Chunk> chunks) {
        batch.clear();
        for (Chunk chunk : chunks) {
            Sequence sequence = chunk.sequence();
            int end = chunk.start() + chunk.count();
            for (int position = chunk.start(); position < end; position++) {
                batch.add(
                        sequence.token(position),
                        position,
                        sequence.blockTable(),
                        !sequence.givesOutput(position)
                                ? StepBatch.Output.NONE
                                : sequence.givesStates() ? StepBatch.Output.STATE : StepBatch.Output.LOGITS,
                        sequence.adapter());
            }
        }
        return batch;
    }
}
