package io.promptmill.udf.engine;

import io.promptmill.udf.engine.ConstrainedAnswer.Turn;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.sampler.RepetitionDetector;
import io.promptmill.udf.sampler.SamplingState;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/** A completion under way: its sequence, the state of its sampling, its text so far. */
final class ActiveCompletion extends ActiveRequest<Completion> {
    private final Request request;
    private final Sequence sequence;
    private final SamplingState sampling;
    private final CompletionText text;
    private final ConstrainedAnswer answer;
    private final int[] endOfThinking;
    private final LogprobRecorder logprobs;
    /** Null where a loop does not end the completion. */
    private final RepetitionDetector repetition;
    /** Tokens without which a constrained answer cannot follow the thinking. */
    private final int reserve;

    private int thinkingTokens;
    /** Why it ends once the logits of its last tokens are read; null where it goes on. */
    private FinishReason ending;

    private Completion outcome;

    /**
     * @param sequence prompt, and the tokens of the completion that are certain already
     * @param text with those tokens
     * @param answer null where nothing constrains it
     * @param endOfThinking tokens that end the thinking when its limit is reached
     */
    ActiveCompletion(
            Request request,
            Sequence sequence,
            Tokenizer tokenizer,
            CompletionText text,
            ConstrainedAnswer answer,
            int[] endOfThinking) {
        super(CompletionKey.of(request));
        this.request = request;
        this.sequence = sequence;
        this.text = text;
        this.answer = answer;
        this.endOfThinking = endOfThinking;
        this.reserve = answer == null ? 0 : endOfThinking.length + answer.closingTokens();
        this.sampling =
                new SamplingState(request.sampling(), request.rowId(), request.promptTokens(), tokenizer.endTokens());
        this.logprobs = LogprobRecorder.isWanted(request.options())
                ? new LogprobRecorder(request.options(), tokenizer, sequence.promptLength())
                : null;
        boolean mayLoop = answer != null
                || request.sampling().ignoreEos()
                || request.sampling().repetitionLimit() == 0;
        this.repetition =
                mayLoop ? null : new RepetitionDetector(request.sampling().repetitionLimit());
        if (logprobs != null) {
            sequence.readLogitsFrom(logprobs.firstPosition());
        }
    }

    @Override
    Sequence sequence() {
        return sequence;
    }

    /** Appends tokens that are certain before the model is asked. */
    void begin(int[] tokens) {
        for (int token : tokens) {
            append(token);
        }
        if (answer != null && answer.mustEnd()) {
            ending = FinishReason.STOP;
        } else if (sequence.isFull()) {
            ending = FinishReason.LENGTH;
        }
    }

    @Override
    public boolean takesLargest() {
        return sampling.takesLargest();
    }

    @Override
    public void read(Sequence same, LogitRows rows) {
        try {
            if (logprobs != null) {
                logprobs.read(rows, sequence);
            }
            if (rows.chunk().last()) {
                outcome = ending != null ? completion(ending) : choose(rows);
            }
        } catch (RequestException unusable) {
            outcome = Completion.failed(unusable.rowError(), sequence.promptLength());
        } catch (RuntimeException unforeseen) {
            outcome = Completion.failed(unforeseen(unforeseen), sequence.promptLength());
        }
    }

    @Override
    Completion advance(Sequence same, Sequences sequences) {
        return outcome;
    }

    @Override
    Collection<Sequence> open() {
        return List.of(sequence);
    }

    @Override
    Completion failed(RowError reason) {
        return new Completion(
                null,
                FinishReason.ERROR,
                sequence.promptLength(),
                sequence.completionLength(),
                reason.message(),
                reason.category(),
                CompletionDetails.NONE,
                false);
    }

    @Override
    int resultTokens(Completion completion) {
        return completion.completionTokens();
    }

    private Completion choose(LogitRows rows) {
        boolean constrained = answer != null && text.split().isAnswer();
        if (constrained) {
            text.split().keepSpace();
        }
        int token = rows.sample(sampling, constrained ? answer.mask() : null);
        Turn turn = constrained ? answer.take(token, sequence, sequence.room()) : free(token);
        if (logprobs != null && turn.tokens().length > 0) {
            logprobs.sampled(rows, turn.tokens()[0]);
        }
        boolean stopped = false;
        for (int next : turn.tokens()) {
            stopped |= append(next);
        }
        FinishReason finish = stopped ? FinishReason.STOP : turn.finish();
        if (finish != FinishReason.STOP && loops()) {
            finish = FinishReason.REPETITION;
        }
        if (finish == null && limitsThinking()) {
            finish = endThinking();
        }
        if (finish != null && logprobs != null && sequence.pending() > 1) {
            // The last tokens were not sampled: their log-probabilities come with the next step.
            ending = finish;
            return null;
        }
        return finish == null ? null : completion(finish);
    }

    private Turn free(int token) {
        if (answer != null && sampling.ends(token)) {
            // Thought ends without its mark; an answer is owed all the same.
            return new Turn(endOfThinking, null);
        }
        boolean full = sequence.room() == 1;
        return new Turn(
                new int[] {token}, sampling.ends(token) ? FinishReason.STOP : full ? FinishReason.LENGTH : null);
    }

    /** Takes in a token; true where it completes a stop text. */
    private boolean append(int token) {
        boolean thinks = !text.split().isAnswer();
        boolean constrained = answer != null && !thinks;
        sampling.accept(token);
        sequence.append(token);
        if (repetition != null) {
            repetition.accept(token);
        }
        if (constrained ? answer.ends(token) : sampling.ends(token)) {
            return false;
        }
        String added = text.accept(token);
        thinkingTokens += thinks ? 1 : 0;
        if (answer != null && thinks && !added.isEmpty()) {
            answer.beginWith(added.getBytes(StandardCharsets.UTF_8), sequence.room());
        }
        return !constrained && reachesMinimum() && text.cutAtStop(added.length());
    }

    private boolean loops() {
        return repetition != null && repetition.loops() && reachesMinimum();
    }

    private boolean reachesMinimum() {
        return sequence.completionLength() >= request.sampling().minTokens();
    }

    private boolean limitsThinking() {
        if (!text.split().isThinking()) {
            return false;
        }
        int limit = request.options().reasoning().maxTokens();
        boolean tooLong = limit > 0 && thinkingTokens >= limit;
        // A constrained answer must find room behind the thinking.
        return tooLong || sequence.room() <= reserve;
    }

    private FinishReason endThinking() {
        for (int token : endOfThinking) {
            if (!sequence.isFull()) {
                append(token);
            }
        }
        if (answer != null && !text.split().isAnswer()) {
            throw new RequestException("the end of the thinking, '"
                    + request.options().reasoning().end()
                    + "', is not what the model's tokenizer makes of it, so no answer can follow; check reasoning.end");
        }
        return sequence.room() == 0 ? FinishReason.LENGTH : null;
    }

    private Completion completion(FinishReason reason) {
        text.finish();
        boolean thought = text.split().thought() != null;
        CompletionDetails details = !thought && logprobs == null
                ? CompletionDetails.NONE
                : new CompletionDetails(
                        text.split().thought(),
                        thought ? thinkingTokens : 0,
                        logprobs == null ? null : logprobs.completion(sequence),
                        logprobs == null ? null : logprobs.prompt(sequence),
                        logprobs == null ? Double.NaN : LogprobRecorder.mean(logprobs.completion(sequence)));
        return new Completion(
                text.answer(), reason, sequence.promptLength(), sequence.completionLength(), null, details, false);
    }
}
