package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.Constraint;
import io.promptmill.udf.constraint.ConstraintState;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.Continuation;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Checks requests and makes them ready to be computed. Thread-safe: runs on the threads of those who ask. */
final class RequestStarter {
    /** A noncharacter, which no mark of a reasoning contains. */
    private static final char SHIELD = '\ufdd0';

    private static final byte[] SPACE = {' '};
    private static final int[] NO_TOKENS = {};

    private final Tokenizer tokenizer;
    private final PromptEncoder encoder;
    private final LoadedAdapters adapters;
    private final int context;
    private final ConstraintCache constraints;
    private final Optional<Pooling> pooling;
    private final Continuation continuation;
    /** Whether a token that begins a text loses a space in front. */
    private final boolean dropsFirstSpace;

    /**
     * @param pooling that the model's file asks for, or empty where that is not known
     * @param context tokens of prompt and completion of one sequence at most
     */
    RequestStarter(
            Tokenizer tokenizer,
            PromptEncoder encoder,
            LoadedAdapters adapters,
            ConstraintCache constraints,
            Optional<Pooling> pooling,
            int context) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.adapters = adapters;
        this.context = context;
        this.constraints = constraints;
        this.pooling = pooling;
        this.continuation = new Continuation(tokenizer);
        this.dropsFirstSpace = IntStream.range(0, tokenizer.vocabularySize())
                .anyMatch(token -> tokenizer.bytes(token, true).length < tokenizer.bytes(token, false).length);
    }

    /**
     * @throws RequestException where the request cannot be served
     * @throws io.promptmill.udf.error.ConfigException where its constraint cannot be used
     */
    ActiveCompletion completion(Request request) {
        check(request.promptTokens(), 1);
        int adapter = adapters.number(request.adapter());
        ReasoningSpec reasoning = request.options().reasoning();
        Constraint constraint = request.options().constraint() == null
                ? null
                : constraints.get(request.options().constraint());
        int[] prompt = request.promptTokens();
        boolean thinking = reasoning != null && endsWith(prompt, reasoning.start());
        if (reasoning != null && constraint != null && !thinking) {
            // Without a constraint the model decides whether it thinks; with one it could not begin to.
            prompt = joined(prompt, tokenizer.encodeTemplate(reasoning.start() + "\n", false, SHIELD));
            thinking = true;
            check(prompt, 1);
        }
        int previous = prompt[prompt.length - 1];
        CompletionText text = new CompletionText(
                tokenizer,
                previous,
                reasoning,
                thinking,
                constraint == null ? request.sampling().stop() : java.util.List.of());
        long wanted = (long) prompt.length + request.sampling().maxTokens();
        Sequence sequence = new Sequence(prompt, (int) Math.min(wanted, context), adapter);
        int[] endOfThinking = reasoning == null
                ? NO_TOKENS
                : tokenizer.encodeTemplate("\n" + reasoning.end() + "\n\n", false, SHIELD);
        ConstrainedAnswer answer = constraint == null
                ? null
                : answer(constraint, !thinking && dropsFirstSpace && tokenizer.beginsText(previous), text);
        if (answer != null) {
            // Whether the thinking has come too far is looked at behind each token of it: there is one at least.
            answer.requireRoom(
                    sequence.room() - (thinking ? 1 + endOfThinking.length : 0),
                    request.sampling().maxTokens());
        }
        ActiveCompletion active = new ActiveCompletion(request, sequence, tokenizer, text, answer, endOfThinking);
        if (answer != null && !thinking) {
            String beginning = answer.beginning();
            active.begin(
                    beginning.isEmpty()
                            ? NO_TOKENS
                            : answer.begin(encoder.encodeContinuation(prompt, beginning), sequence.room()));
        }
        return active;
    }

    /**
     * @throws RequestException where the request cannot be served
     */
    ActiveScoring scoring(ChoiceRequest request) {
        int longest = 0;
        for (int[] choice : request.choices()) {
            longest = Math.max(longest, choice.length);
            checkTokens(choice);
        }
        if (request.choices().isEmpty()) {
            throw new RequestException("there are no choices to score");
        }
        check(request.promptTokens(), longest);
        return new ActiveScoring(request, adapters.number(request.adapter()), tokenizer.endTokens());
    }

    /**
     * @throws RequestException where the request cannot be served
     */
    ActiveEmbedding embedding(EmbeddingRequest request) {
        check(request.promptTokens(), 0);
        Pooling settled = request.pooling() == null
                ? pooling.orElseThrow(
                        () -> new RequestException("the model's file asks for a pooling that is not known;"
                                + " set embed.pooling to last or mean"))
                : request.pooling();
        return new ActiveEmbedding(
                new EmbeddingRequest(request.promptTokens(), request.adapter(), settled),
                adapters.number(request.adapter()));
    }

    /**
     * An answer may begin with one space that is not part of it, unless the constraint itself begins with a space.
     *
     * @param spaceIsDropped whether the tokenizer leaves out that space by itself
     */
    private ConstrainedAnswer answer(Constraint constraint, boolean spaceIsDropped, CompletionText text) {
        ConstraintState plain = constraint.start(false);
        boolean takesSpace = plain.after(SPACE) != null;
        if (!takesSpace && !spaceIsDropped) {
            text.dropFirstSpace();
        }
        ConstraintState start = takesSpace && !spaceIsDropped ? plain : constraint.start(true);
        return new ConstrainedAnswer(start, continuation, tokenizer.endTokens());
    }

    /** True where the text of the prompt's last tokens ends with a mark, but for space. */
    private boolean endsWith(int[] prompt, String mark) {
        StringBuilder text = new StringBuilder();
        for (int i = Math.max(0, prompt.length - Continuation.TAIL_TOKENS - mark.length()); i < prompt.length; i++) {
            byte[] bytes = tokenizer.bytes(prompt[i], false);
            text.append(
                    bytes.length == 0
                            ? tokenizer.piece(prompt[i])
                            : new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
        }
        return text.toString().stripTrailing().endsWith(mark);
    }

    private void check(int[] prompt, int more) {
        if (prompt.length == 0) {
            throw new RequestException("the prompt is empty");
        }
        if (prompt.length > context - more) {
            throw new RequestException(
                    ErrorCategory.PROMPT_TOO_LONG,
                    "the prompt has " + prompt.length + " tokens; the context holds " + context
                            + (more == 0
                                    ? ""
                                    : ", at least " + (more == 1 ? "one" : more) + " of them for the completion")
                            + ". Shorten the prompt");
        }
        checkTokens(prompt);
    }

    private void checkTokens(int[] tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= tokenizer.vocabularySize()) {
                throw new RequestException(
                        "token id " + token + " is outside the vocabulary of " + tokenizer.vocabularySize());
            }
        }
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** Constraints compiled since the start. */
    int compilations() {
        return constraints.compilations();
    }
}
