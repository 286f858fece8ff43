package io.promptmill.udf.constraint;

/** A JSON array of texts, one of which the completion must be. */
final class ChoiceParser {
    private ChoiceParser() {}

    static Grammar parse(String source) {
        throw new UnsupportedOperationException();
    }
}
