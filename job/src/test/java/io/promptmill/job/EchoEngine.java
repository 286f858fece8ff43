package io.promptmill.job;

import io.promptmill.udf.engine.ChoiceRequest;
import io.promptmill.udf.engine.ChoiceScores;
import io.promptmill.udf.engine.Completion;
import io.promptmill.udf.engine.CompletionDetails;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.engine.Embedding;
import io.promptmill.udf.engine.EmbeddingRequest;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.engine.Request;
import io.promptmill.udf.engine.TokenLogprob;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.spark.GenerateFunction;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Completes a prompt with itself in capitals, or, where JSON is asked for, with the JSON in it; a prompt that contains {@code
 * refuse} becomes an error of its row, one with {@code crash} the engine's end. A choice is the likelier the more often the
 * prompt has it.
 */
class EchoEngine implements CompletionEngine {
    /** Rows through this engine and Promptmill's own function. */
    static final RowFunctionFactory ROWS =
            (spec, input, metrics) -> new GenerateFunction(spec, input, metrics, (job, counts) -> new EchoEngine());

    /** The same with a model that has a chat template: it writes the last turn alone. */
    static final RowFunctionFactory CHATS =
            (spec, input, metrics) -> new GenerateFunction(spec, input, metrics, (job, counts) -> new EchoEngine(true));

    private final boolean chats;

    EchoEngine() {
        this(false);
    }

    private EchoEngine(boolean chats) {
        this.chats = chats;
    }

    @Override
    public PromptEncoder encoder() {
        return new PromptEncoder() {
            @Override
            public boolean hasChatTemplate() {
                return chats;
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
        if (prompt.contains("refuse")) {
            return CompletableFuture.completedFuture(Completion.failed("refused", tokens.length));
        }
        boolean asked = request.options().logprobs() != CompletionOptions.NONE;
        // What a row draws depends on its id: here, the number of its request.
        int draw = request.rowId().length();
        CompletionDetails details = new CompletionDetails(
                request.options().reasoning() == null ? null : "hm",
                0,
                asked ? List.of(new TokenLogprob(draw, "t", -1.0, List.of())) : null,
                null,
                asked ? -draw : Double.NaN);
        String text = request.options().constraint() == null
                ? prompt.toUpperCase()
                : prompt.substring(Math.max(0, prompt.indexOf('{')));
        return CompletableFuture.completedFuture(
                new Completion(text, FinishReason.STOP, tokens.length, tokens.length, null, details, false));
    }

    @Override
    public CompletableFuture<ChoiceScores> score(ChoiceRequest request) {
        int[] tokens = request.promptTokens();
        String prompt = new String(tokens, 0, tokens.length);
        double[] logprobs = request.choices().stream()
                .mapToDouble(choice -> Math.log(prompt.split(new String(choice, 0, choice.length), -1).length))
                .toArray();
        return CompletableFuture.completedFuture(
                prompt.contains("refuse")
                        ? ChoiceScores.failed("refused", tokens.length)
                        : new ChoiceScores(logprobs, tokens.length, 1, null, false));
    }

    /** The text's length, its first character, and one. */
    @Override
    public CompletableFuture<Embedding> embed(EmbeddingRequest request) {
        int[] tokens = request.promptTokens();
        String text = new String(tokens, 0, tokens.length);
        return CompletableFuture.completedFuture(
                text.contains("refuse")
                        ? Embedding.failed(new RowError(ErrorCategory.INPUT, "refused"), tokens.length)
                        : Embedding.of(new float[] {tokens.length, tokens[0], 1}, tokens.length));
    }

    @Override
    public void close() {}
}
