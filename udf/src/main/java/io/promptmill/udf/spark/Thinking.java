package io.promptmill.udf.spark;

import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Turns a model's thinking on or off in its prompt. Immutable and thread-safe. */
record Thinking(Reasoning reasoning) implements Serializable {
    /** Tokens that a template may write after the mark with which thinking starts: a line break or two. */
    private static final int MOST_AFTER_MARK = 2;

    /** Variables for the chat template: {@code enable_thinking} of Qwen 3 and others, {@code thinking} of Granite and DeepSeek. */
    Map<String, Object> templateVariables() {
        return switch (reasoning.mode()) {
            case AS_MODEL -> Map.of();
            case ON -> Map.of("enable_thinking", true, "thinking", true);
            case OFF -> Map.of("enable_thinking", false, "thinking", false);
        };
    }

    /** The prompt, with thinking ended that a template began although it was asked not to. */
    int[] settle(int[] prompt, PromptEncoder encoder) {
        if (reasoning.mode() != Reasoning.Mode.OFF || !endsInThinking(prompt, encoder)) {
            return prompt;
        }
        int[] ended =
                joined(prompt, encoder.encodeMark(prompt, reasoning.marks().end()));
        return joined(ended, encoder.encodeContinuation(ended, "\n\n"));
    }

    /** The sampling, with the mark banned with which a model would begin to think unasked. */
    SamplingParameters settle(SamplingParameters sampling, int[] prompt, PromptEncoder encoder) {
        if (reasoning.mode() != Reasoning.Mode.OFF) {
            return sampling;
        }
        int[] start = encoder.encodeMark(prompt, reasoning.marks().start());
        // A mark of several tokens is text like any other: its tokens begin other words, too.
        if (start.length != 1) {
            return sampling;
        }
        Map<Integer, Float> bias = new HashMap<>(sampling.logitBias());
        bias.putIfAbsent(start[0], Float.NEGATIVE_INFINITY);
        return sampling.toBuilder().logitBias(bias).build();
    }

    private boolean endsInThinking(int[] prompt, PromptEncoder encoder) {
        int[] start = encoder.encodeMark(prompt, reasoning.marks().start());
        for (int after = 0; start.length > 0 && after <= MOST_AFTER_MARK; after++) {
            int from = prompt.length - after - start.length;
            if (from >= 0 && Arrays.equals(prompt, from, from + start.length, start, 0, start.length)) {
                int[] end = encoder.encodeMark(prompt, reasoning.marks().end());
                return !contains(Arrays.copyOfRange(prompt, from + start.length, prompt.length), end);
            }
        }
        return false;
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static boolean contains(int[] tokens, int[] part) {
        for (int from = 0; from + part.length <= tokens.length; from++) {
            if (Arrays.equals(tokens, from, from + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }
}
