package io.promptmill.udf.engine;

import io.promptmill.udf.sampler.LogProbabilities;
import io.promptmill.udf.scheduler.Sequence;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects the log-probabilities of a request's tokens. Not thread-safe. */
final class LogprobRecorder {
    private final CompletionOptions options;
    private final Tokenizer tokenizer;
    private final int promptLength;
    private TokenLogprob[] byPosition = new TokenLogprob[16];

    LogprobRecorder(CompletionOptions options, Tokenizer tokenizer, int promptLength) {
        this.options = options;
        this.tokenizer = tokenizer;
        this.promptLength = promptLength;
    }

    /** True where an option asks for log-probabilities. */
    static boolean isWanted(CompletionOptions options) {
        return options.logprobs() != CompletionOptions.NONE || options.promptLogprobs() != CompletionOptions.NONE;
    }

    /** The first position whose logits are needed. */
    int firstPosition() {
        return options.promptLogprobs() == CompletionOptions.NONE ? promptLength - 1 : 0;
    }

    /** Reads the rows behind which the sequence has a token already. */
    void read(LogitRows rows, Sequence sequence) {
        for (int row = 0; row < rows.count(); row++) {
            int next = rows.position(row) + 1;
            if (next < sequence.length()) {
                record(rows, row, sequence.token(next));
            }
        }
    }

    /** Notes the token that was chosen behind the last row. */
    void sampled(LogitRows rows, int token) {
        record(rows, rows.count() - 1, token);
    }

    private void record(LogitRows rows, int row, int token) {
        int position = rows.position(row) + 1;
        int alternatives = position < promptLength ? options.promptLogprobs() : options.logprobs();
        if (alternatives == CompletionOptions.NONE) {
            return;
        }
        LogProbabilities logProbabilities = rows.logProbabilities(row);
        List<TokenLogprob> best = new ArrayList<>(alternatives);
        for (int other : alternatives == 0 ? new int[0] : logProbabilities.largest(alternatives)) {
            best.add(new TokenLogprob(other, text(other), logProbabilities.of(other), List.of()));
        }
        if (position >= byPosition.length) {
            byPosition = Arrays.copyOf(byPosition, Math.max(position + 1, byPosition.length * 2));
        }
        byPosition[position] = new TokenLogprob(token, text(token), logProbabilities.of(token), List.copyOf(best));
    }

    private String text(int token) {
        byte[] bytes = tokenizer.bytes(token, false);
        return bytes.length == 0 ? tokenizer.piece(token) : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Of the completion's tokens; null where they were not asked for. */
    List<TokenLogprob> completion(Sequence sequence) {
        return options.logprobs() == CompletionOptions.NONE ? null : range(promptLength, sequence.length());
    }

    /** Of the prompt's tokens; null where they were not asked for. */
    List<TokenLogprob> prompt(Sequence sequence) {
        if (options.promptLogprobs() == CompletionOptions.NONE) {
            return null;
        }
        List<TokenLogprob> prompt = new ArrayList<>(promptLength);
        prompt.add(new TokenLogprob(sequence.token(0), text(sequence.token(0)), null, List.of()));
        prompt.addAll(range(1, promptLength));
        return prompt;
    }

    private List<TokenLogprob> range(int from, int to) {
        return List.of(Arrays.copyOfRange(byPosition, from, to));
    }

    /** The mean over tokens; NaN where there are none. */
    static double mean(List<TokenLogprob> tokens) {
        return tokens == null
                ? Double.NaN
                : tokens.stream().mapToDouble(TokenLogprob::logprob).average().orElse(Double.NaN);
    }
}
