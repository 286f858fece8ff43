package io.promptmill.udf.engine;

/** Tells a model's thinking from its answer while the text comes in. Not thread-safe. */
final class ReasoningSplit {
    private enum Phase {
        /** Nothing but space, or the beginning of the start mark, has come. */
        UNDECIDED,
        THINKING,
        ANSWER
    }

    private final ReasoningSpec spec;
    private final StringBuilder thought = new StringBuilder();
    private Phase phase;
    private boolean hasThought;
    private boolean stripsAnswer;

    /**
     * @param spec null where all text is the answer
     * @param begun whether the prompt ends with the start mark
     */
    ReasoningSplit(ReasoningSpec spec, boolean begun) {
        this.spec = spec;
        phase = spec == null ? Phase.ANSWER : begun ? Phase.THINKING : Phase.UNDECIDED;
        hasThought = begun;
    }

    /** True where what comes next belongs to the answer. */
    boolean isAnswer() {
        return phase == Phase.ANSWER;
    }

    boolean isThinking() {
        return phase == Phase.THINKING;
    }

    /** What the model thought; null where it did not, or there is no telling. */
    String thought() {
        return hasThought ? thought.toString().strip() : null;
    }

    /** Takes in text; returns what of it belongs to the answer. */
    String accept(String text) {
        if (phase == Phase.ANSWER) {
            return answer(text);
        }
        int before = thought.length();
        thought.append(text);
        if (phase == Phase.UNDECIDED) {
            return decide();
        }
        return findEnd(before);
    }

    private String decide() {
        String begun = thought.toString().stripLeading();
        if (begun.startsWith(spec.start())) {
            phase = Phase.THINKING;
            hasThought = true;
            thought.setLength(0);
            thought.append(begun, spec.start().length(), begun.length());
            return findEnd(0);
        }
        return spec.start().startsWith(begun) ? "" : giveUp();
    }

    private String giveUp() {
        phase = Phase.ANSWER;
        String all = thought.toString();
        thought.setLength(0);
        return all;
    }

    private String findEnd(int before) {
        int end = thought.indexOf(spec.end(), Math.max(0, before - spec.end().length()));
        if (end < 0) {
            return "";
        }
        String rest = thought.substring(end + spec.end().length());
        thought.setLength(end);
        phase = Phase.ANSWER;
        stripsAnswer = true;
        return answer(rest);
    }

    /** What comes next belongs to the answer even where it is space: a constraint asks for it. */
    void keepSpace() {
        stripsAnswer = false;
    }

    /** The answer begins behind the space that follows the end mark. */
    private String answer(String text) {
        if (!stripsAnswer) {
            return text;
        }
        String stripped = text.stripLeading();
        stripsAnswer = stripped.isEmpty();
        return stripped;
    }

    /** The completion ends here; returns what turns out to belong to the answer. */
    String finish() {
        return phase == Phase.UNDECIDED ? giveUp() : "";
    }
}
