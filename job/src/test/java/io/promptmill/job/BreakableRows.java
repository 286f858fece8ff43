package io.promptmill.job;

import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.spark.GenerateFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** An engine that breaks at one row as long as a file is there, and writes down what it is asked for. */
final class BreakableRows extends EchoEngine {
    private final Path marker;
    private final Path computed;

    /**
     * Rows through such an engine.
     *
     * @param marker the file
     * @param folder for lists of prompts
     */
    static RowFunctionFactory of(String marker, String folder) {
        return (spec, input, metrics) ->
                new GenerateFunction(spec, input, metrics, (job, counts) -> new BreakableRows(marker, folder));
    }

    private BreakableRows(String marker, String folder) {
        this.marker = Path.of(marker);
        this.computed = Path.of(folder, UUID.randomUUID().toString());
    }

    @Override
    public int maximumSequences() {
        return 1;
    }

    @Override
    public CompletableFuture<Completion> submit(Request request) {
        String prompt = new String(request.promptTokens(), 0, request.promptTokens().length);
        if (prompt.equals("row 37") && Files.exists(marker)) {
            return CompletableFuture.failedFuture(new IllegalStateException("the engine is gone"));
        }
        try {
            Files.writeString(computed, prompt + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        return super.submit(request);
    }
}
