package io.promptmill.udf.engine;

import io.promptmill.udf.tokenizer.StreamingDecoder;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.util.List;

/** The text of a completion as its tokens come in: thinking apart, cut at a stop text. Not thread-safe. */
final class CompletionText {
    private final Tokenizer tokenizer;
    private final StreamingDecoder decoder;
    private final ReasoningSplit split;
    private final ReasoningSpec reasoning;
    private final List<String> stops;
    private final StringBuilder answer = new StringBuilder();
    private boolean dropsSpace;
    private boolean cut;

    /**
     * @param previousToken before the completion
     * @param reasoning null for none
     * @param begun whether the prompt ends with the start mark of the reasoning
     * @param stops texts that end the answer
     */
    CompletionText(Tokenizer tokenizer, int previousToken, ReasoningSpec reasoning, boolean begun, List<String> stops) {
        this.tokenizer = tokenizer;
        this.decoder = tokenizer.decoder(previousToken);
        this.split = new ReasoningSplit(reasoning, begun);
        this.reasoning = reasoning;
        this.stops = stops;
    }

    /** Leaves out one space at the beginning of the answer. */
    void dropFirstSpace() {
        dropsSpace = true;
    }

    ReasoningSplit split() {
        return split;
    }

    String answer() {
        return answer.toString();
    }

    /** Takes in a token; returns what it adds to the answer. */
    String accept(int token) {
        return add(split.accept(decode(token)));
    }

    /** The completion ends; what waited for more is given out. */
    void finish() {
        if (!cut) {
            add(split.accept(decoder.finish()));
            add(split.finish());
        }
    }

    private String add(String text) {
        String added = dropsSpace && text.startsWith(" ") ? text.substring(1) : text;
        dropsSpace &= text.isEmpty();
        answer.append(added);
        return added;
    }

    /** Marks of the reasoning may be control tokens, which have no text of their own. */
    private String decode(int token) {
        String text = decoder.accept(token);
        if (text.isEmpty() && reasoning != null && tokenizer.isControl(token)) {
            String piece = tokenizer.piece(token);
            return piece.equals(reasoning.start()) || piece.equals(reasoning.end()) ? piece : "";
        }
        return text;
    }

    /** Cuts the answer at the earliest stop text that its last {@code added} characters have completed. */
    boolean cutAtStop(int added) {
        int before = answer.length() - added;
        int earliest = Integer.MAX_VALUE;
        for (String stop : stops) {
            int found = answer.indexOf(stop, Math.max(0, before - stop.length() + 1));
            if (found >= 0) {
                earliest = Math.min(earliest, found);
            }
        }
        if (earliest == Integer.MAX_VALUE) {
            return false;
        }
        answer.setLength(earliest);
        cut = true;
        return true;
    }
}
