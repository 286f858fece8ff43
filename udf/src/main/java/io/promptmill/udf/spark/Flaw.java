package io.promptmill.udf.spark;

import io.promptmill.udf.engine.FinishReason;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What may make the output of a row useless. A row that is not invalid may have several. */
public enum Flaw {
    /** A completion of white space, or none. */
    EMPTY,
    /** The completion was cut off at the limit of tokens or of the context. */
    LENGTH,
    /** The completion went round in a loop. */
    REPETITION,
    /** The row has an error. */
    INVALID;

    /** As configurations spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Those of a row: of its first completion, where it has several. */
    static Set<Flaw> of(RowResult result) {
        if (result.failed()) {
            return EnumSet.of(INVALID);
        }
        Set<Flaw> flaws = EnumSet.noneOf(Flaw.class);
        Map<String, Object> row = result.rows().get(0);
        if (row.get(OutputSchema.COMPLETION) instanceof String text && text.isBlank()) {
            flaws.add(EMPTY);
        }
        if (FinishReason.LENGTH.label().equals(row.get(OutputSchema.FINISH_REASON))) {
            flaws.add(LENGTH);
        }
        if (FinishReason.REPETITION.label().equals(row.get(OutputSchema.FINISH_REASON))) {
            flaws.add(REPETITION);
        }
        return flaws;
    }
}
