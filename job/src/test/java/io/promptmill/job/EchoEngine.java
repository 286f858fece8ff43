package io.promptmill.job;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.spark.GenerateFunction;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Completes a prompt with itself in capitals; a prompt that contains {@code refuse} becomes an error of its row, one
 * with {@code crash} the engine's end.
 */
final class EchoEngine implements CompletionEngine {
    /** Rows through this engine and Promptmill's own function. */
    static final RowFunctionFactory ROWS =
            (spec, input, metrics) -> new GenerateFunction(spec, input, metrics, (job, counts) -> new EchoEngine());

    @Override
    public PromptEncoder encoder() {
        return new PromptEncoder() {
            @Override
            public boolean hasChatTemplate() {
                return false;
            }

            @Override
            public int[] encodeText(String text) {
                return text.codePoints().toArray();
            }

            @Override
            public int[] encodeChat(List<ChatMessage> messages, LocalDateTime now, Map<String, ?> extra) {
                return encodeText(messages.get(messages.size() - 1).content());
            }

            @Override
            public int[] encodeContinuation(int[] prompt, String text) {
                return text.codePoints().toArray();
            }
        };
    }

    @Override
    public int maximumSequences() {
        return 16;
    }

    @Override
    public CompletableFuture<Completion> submit(Request request) {
        int[] tokens = request.promptTokens();
        String prompt = new String(tokens, 0, tokens.length);
        if (prompt.contains("crash")) {
            return CompletableFuture.failedFuture(new IllegalStateException("the engine is gone"));
        }
        return CompletableFuture.completedFuture(
                prompt.contains("refuse")
                        ? Completion.failed("refused", tokens.length)
                        : new Completion(prompt.toUpperCase(), FinishReason.STOP, tokens.length, tokens.length, null));
    }

    @Override
    public CompletableFuture<ChoiceScores> score(ChoiceRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
