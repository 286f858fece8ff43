package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;

/** A grammar made ready for a vocabulary. Masks are computed when they are first asked for, and kept. Thread-safe. */
public final class Constraint {
    private final ConstraintVocabulary vocabulary;
    private final PushdownMachine machine;
    private final TokenMasks masks;
    private final Stacks start;
    /** Tokens that may begin a text; computed when first asked for. */
    private volatile long[] firstMask;

    private Constraint(ConstraintVocabulary vocabulary, RuleNetwork network) {
        this.vocabulary = vocabulary;
        this.machine = new PushdownMachine(network);
        this.masks = new TokenMasks(machine, vocabulary);
        this.start = machine.start();
    }

    /**
     * Texts with characters that the vocabulary's tokens cannot spell are left out of the grammar: see
     * {@link ConstraintVocabulary}.
     *
     * @throws ConfigException where the grammar describes no text, a rule refers to one that does not exist, begins with
     *     itself, or has no exit; names the rule
     */
    public static Constraint compile(Grammar grammar, ConstraintVocabulary vocabulary) {
        SpelledCharacters characters = SpelledCharacters.of(vocabulary.tokens());
        return new Constraint(vocabulary, GrammarCompiler.compile(grammar, characters));
    }

    /**
     * The state before the first token.
     *
     * @param beginsText whether the first token is decoded as the beginning of a text
     */
    public ConstraintState start(boolean beginsText) {
        return new ConstraintState(this, start, beginsText && vocabulary.firstTokens() != vocabulary.tokens());
    }

    ConstraintVocabulary vocabulary() {
        return vocabulary;
    }

    PushdownMachine machine() {
        return machine;
    }

    long[] mask(Stacks stacks, boolean beginsText) {
        if (!beginsText) {
            return masks.after(stacks);
        }
        long[] mask = firstMask;
        if (mask == null) {
            mask = masks.first(start);
            firstMask = mask;
        }
        return mask;
    }
}
