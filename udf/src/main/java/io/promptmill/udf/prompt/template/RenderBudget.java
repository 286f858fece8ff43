package io.promptmill.udf.prompt.template;

/**
 * What one rendering may use up. The limits count work, not time, so that a template which passes on one machine
 * passes on every other; together they keep the worst template below a second. Confined to one thread.
 */
final class RenderBudget {
    private static final long BASE_STEPS = 400_000;
    private static final long BASE_CHARACTERS = 4L << 20;
    private static final int STEPS_PER_INPUT_CHARACTER = 32;
    /** Opening a scope takes as long as this many nodes, and longer the deeper it lies. */
    private static final int STEPS_PER_SCOPE = 20;

    private static final int COPIES_OF_INPUT = 64;
    /** Nested macro calls; a level takes up to a kilobyte for each block around the call. */
    private static final int MAXIMUM_DEPTH = 48;

    private long steps;
    private long characters;
    private int depth;

    /**
     * @param inputCharacters length of all text handed to the template, which the limits grow with
     */
    RenderBudget(long inputCharacters) {
        this.steps = BASE_STEPS + STEPS_PER_INPUT_CHARACTER * inputCharacters;
        this.characters = BASE_CHARACTERS + COPIES_OF_INPUT * inputCharacters;
    }

    /** One node evaluated or one element visited. */
    void step() {
        if (--steps < 0) {
            throw new TemplateFailure("the template takes too many steps; it loops without end or over too much");
        }
    }

    /** A scope opened within {@code scopes} others. */
    void scope(int scopes) {
        steps -= STEPS_PER_SCOPE + scopes;
        step();
    }

    /** {@code count} characters or list elements read or written. */
    void charge(long count) {
        characters -= count;
        if (characters < 0) {
            throw new TemplateFailure("the template builds too much text; it grows without end");
        }
    }

    /** Enters a call; every call is left with {@link #leave}. */
    void enter() {
        if (++depth > MAXIMUM_DEPTH) {
            throw new TemplateFailure("macro calls are nested more than " + MAXIMUM_DEPTH + " deep");
        }
    }

    void leave() {
        depth--;
    }
}
