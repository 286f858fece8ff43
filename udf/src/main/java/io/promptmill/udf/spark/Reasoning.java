package io.promptmill.udf.spark;

import io.promptmill.udf.engine.ReasoningSpec;
import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;

/**
 * Whether a model thinks before it answers. Immutable and thread-safe.
 *
 * @param marks between which it thinks; null where the mode is {@code AS_MODEL}
 */
public record Reasoning(Mode mode, ReasoningSpec marks) implements Serializable {

    /** Ways to deal with a model that can think. */
    public enum Mode {
        /** Nothing is asked of it, and what it thinks is part of its completion. */
        AS_MODEL,
        /** It is asked to think, and what it thinks gets a column of its own. */
        ON,
        /** It is kept from thinking. */
        OFF
    }

    /** The marks of most models: DeepSeek R1, Qwen 3, SmolLM 3, Phi 4 reasoning and others. */
    public static final ReasoningSpec USUAL_MARKS = new ReasoningSpec("<think>", "</think>", 0);

    public static final Reasoning AS_MODEL = new Reasoning(Mode.AS_MODEL, null);
    public static final Reasoning OFF = new Reasoning(Mode.OFF, USUAL_MARKS);

    /** @throws ConfigException where the marks are missing, or given without a mode that needs them */
    public Reasoning {
        if ((mode == Mode.AS_MODEL) != (marks == null)) {
            throw new ConfigException("reasoning has mode " + mode + " and marks " + marks
                    + "; expected both or neither, such as mode on, start <think> and end </think>");
        }
    }

    boolean isOn() {
        return mode == Mode.ON;
    }
}
