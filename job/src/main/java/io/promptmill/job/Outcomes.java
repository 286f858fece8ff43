package io.promptmill.job;

/**
 * What became of the rows of an evaluation; every row is counted once.
 *
 * @param withoutGold rows whose right answer is null
 * @param unreadableGold rows whose right answer is text that is not the JSON it has to be
 * @param errors rows without a result
 * @param abstained rows whose label is null
 * @param evaluated the others: a right answer and one to compare it with
 * @param correct those of them that are right
 */
record Outcomes(long withoutGold, long unreadableGold, long errors, long abstained, long evaluated, long correct) {

    /** What can become of a row, as the aggregations name it. */
    enum Kind {
        WITHOUT_GOLD,
        UNREADABLE_GOLD,
        ERROR,
        ABSTAINED,
        EVALUATED
    }

    static final Outcomes NONE = new Outcomes(0, 0, 0, 0, 0, 0);

    /** With further rows of one kind. */
    Outcomes plus(Kind kind, long rows, long right) {
        return switch (kind) {
            case WITHOUT_GOLD ->
                new Outcomes(withoutGold + rows, unreadableGold, errors, abstained, evaluated, correct);
            case UNREADABLE_GOLD ->
                new Outcomes(withoutGold, unreadableGold + rows, errors, abstained, evaluated, correct);
            case ERROR -> new Outcomes(withoutGold, unreadableGold, errors + rows, abstained, evaluated, correct);
            case ABSTAINED -> new Outcomes(withoutGold, unreadableGold, errors, abstained + rows, evaluated, correct);
            case EVALUATED ->
                new Outcomes(withoutGold, unreadableGold, errors, abstained, evaluated + rows, correct + right);
        };
    }

    long rows() {
        return withoutGold + unreadableGold + withGold();
    }

    /** Rows with a right answer that can be read. */
    long withGold() {
        return errors + abstained + evaluated;
    }

    /** Share of the evaluated rows that are right; NaN where there are none. */
    double accuracy() {
        return (double) correct / evaluated;
    }

    /** Share of the rows with a right answer that are evaluated; NaN where there are none. */
    double coverage() {
        return (double) evaluated / withGold();
    }
}
