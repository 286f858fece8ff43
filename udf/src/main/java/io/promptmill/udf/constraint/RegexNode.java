package io.promptmill.udf.constraint;

import java.util.List;

/** A part of a parsed regular expression. */
sealed interface RegexNode {

    /** One code point of a set. */
    record Characters(CodePointSet set) implements RegexNode {}

    /** The beginning of the text, or its end. */
    record Anchor(boolean end) implements RegexNode {}

    /** One after the other. */
    record Sequence(List<RegexNode> parts) implements RegexNode {}

    /** Any of several. */
    record Choice(List<RegexNode> alternatives) implements RegexNode {}

    /** {@code least} to {@code most} times; {@code most} may be {@link Expression#UNBOUNDED}. */
    record Repetition(RegexNode part, int least, int most) implements RegexNode {}
}
