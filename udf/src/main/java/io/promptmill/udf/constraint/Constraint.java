package io.promptmill.udf.constraint;

/**
 * A grammar made ready for a vocabulary. Masks are computed when they are first asked for, and kept. Thread-safe.
 */
public final class Constraint {
    private Constraint() {}

    /**
     * @throws io.promptmill.udf.error.ConfigException where the grammar describes no text, a rule refers to one that does not
     *     exist, begins with itself, or has no exit; names the rule
     */
    public static Constraint compile(Grammar grammar, ConstraintVocabulary vocabulary) {
        throw new UnsupportedOperationException();
    }

    /**
     * The state before the first token.
     *
     * @param beginsText whether the first token is decoded as the beginning of a text
     */
    public ConstraintState start(boolean beginsText) {
        throw new UnsupportedOperationException();
    }
}
