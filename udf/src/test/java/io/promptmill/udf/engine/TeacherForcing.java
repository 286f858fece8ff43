package io.promptmill.udf.engine;

import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** A model as an engine loads it, asked for the logits after every token of a given text. Not thread-safe. */
final class TeacherForcing implements AutoCloseable {
    private final LoadedModel loaded;
    private final KvCache cache;
    private final StepBatch batch;
    private final int[] blocks;

    /**
     * @param window tokens of a text at most; a longer one than the model's context is shortened to it
     * @param threads as {@link EngineConfig#threads}
     * @throws io.promptmill.udf.error.PromptmillException where the model or the precision cannot be used
     */
    TeacherForcing(Path model, String precision, int window, int threads) {
        loaded = LoadedModel.load(
                model,
                new EngineConfig(threads, window, window, window, 0, false, precision, "auto"),
                List.of(),
                List.of());
        int tokens = loaded.maximumContext();
        blocks = IntStream.range(0, (tokens + KvCache.BLOCK_TOKENS - 1) / KvCache.BLOCK_TOKENS)
                .toArray();
        cache = loaded.newKvCache(blocks.length);
        batch = new StepBatch(tokens);
    }

    /** The precision in use, after {@code auto} is resolved. */
    String precision() {
        return loaded.precision();
    }

    /** Tokens of a text at most. */
    int window() {
        return loaded.maximumContext();
    }

    /**
     * One forward pass over a text from position 0.
     *
     * @param tokens at most {@link #window}
     * @return logits {@code [tokens x vocabulary]}, valid until the next call
     */
    RowTiles logits(int[] tokens) {
        batch.clear();
        for (int i = 0; i < tokens.length; i++) {
            batch.add(tokens[i], i, blocks, true);
        }
        return loaded.model().forward(batch, cache);
    }

    @Override
    public void close() {
        loaded.close();
    }
}
