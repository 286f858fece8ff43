package io.promptmill.udf.tokenizer;

import java.util.List;
import java.util.function.IntPredicate;

/** A part of a parsed regular expression. */
sealed interface PatternNode {

    /** One code point. */
    record Literal(int codePoint) implements PatternNode {}

    /** One code point of a set; {@code source} names the set, for sharing its table. */
    record Characters(String source, IntPredicate members) implements PatternNode {}

    /** One after the other. */
    record Sequence(List<PatternNode> parts) implements PatternNode {}

    /** The first of several that fits. */
    record Choice(List<PatternNode> alternatives) implements PatternNode {}

    /** How a repetition chooses its length. */
    enum Greed {
        GREEDY,
        LAZY,
        POSSESSIVE
    }

    /** {@code least} to {@code most} times. */
    record Repetition(PatternNode part, int least, int most, Greed greed) implements PatternNode {}

    /** Text that follows, or must not follow, and is not taken. */
    record LookAhead(PatternNode part, boolean wanted) implements PatternNode {}

    /** The character before, which must be there or must not. */
    record LookBehind(Characters set, boolean wanted) implements PatternNode {}

    /** A part that is matched in one way only. */
    record Atomic(PatternNode part) implements PatternNode {}

    /** A place between characters: an operation of {@link PatternProgram}. */
    record Place(int operation, int operand) implements PatternNode {}

    /** Whether this may match no character at all. */
    default boolean mayBeEmpty() {
        if (this instanceof Sequence sequence) {
            return sequence.parts().stream().allMatch(PatternNode::mayBeEmpty);
        }
        if (this instanceof Choice choice) {
            return choice.alternatives().stream().anyMatch(PatternNode::mayBeEmpty);
        }
        if (this instanceof Repetition repetition) {
            return repetition.least() == 0 || repetition.part().mayBeEmpty();
        }
        if (this instanceof Atomic atomic) {
            return atomic.part().mayBeEmpty();
        }
        return !(this instanceof Literal || this instanceof Characters);
    }

    /** The code points with which a match of this can begin, or more of them; a match that is empty begins with none. */
    default IntPredicate first() {
        if (this instanceof Literal literal) {
            return codePoint -> codePoint == literal.codePoint();
        }
        if (this instanceof Characters characters) {
            return characters.members();
        }
        if (this instanceof Repetition repetition) {
            return repetition.part().first();
        }
        if (this instanceof Atomic atomic) {
            return atomic.part().first();
        }
        IntPredicate first = codePoint -> false;
        if (this instanceof Choice choice) {
            for (PatternNode alternative : choice.alternatives()) {
                first = first.or(alternative.first());
            }
        } else if (this instanceof Sequence sequence) {
            for (PatternNode part : sequence.parts()) {
                first = first.or(part.first());
                if (!part.mayBeEmpty()) {
                    break;
                }
            }
        }
        return first;
    }
}
