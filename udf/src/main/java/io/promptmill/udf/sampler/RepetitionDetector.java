package io.promptmill.udf.sampler;

/**
 * Tells when a completion goes round in a loop: its latest {@code limit} tokens repeat with a period that fits into them
 * {@value #REPEATS} times. Looks at ids alone, so what it says depends on the completion and nothing else. Takes a
 * comparison for each candidate period and token. Not thread-safe.
 */
public final class RepetitionDetector {
    /** Fewer repeats occur in tables, lists and verse. */
    static final int REPEATS = 4;

    private final int limit;
    /** The latest tokens, as many as the longest period: the token at a position is at its remainder. */
    private final int[] recent;
    /** For each period, one less as index, how many of the latest tokens are the one so far before. */
    private final int[] runs;

    private int position;
    private boolean looping;

    /** @param limit tokens, at least {@value #REPEATS} */
    public RepetitionDetector(int limit) {
        this.limit = limit;
        this.recent = new int[limit / REPEATS];
        this.runs = new int[recent.length];
    }

    /** Takes in the next token of the completion. */
    public void accept(int token) {
        int slot = position % recent.length;
        int known = Math.min(position, recent.length);
        looping = false;
        for (int period = 1; period <= known; period++) {
            int before = slot >= period ? slot - period : slot - period + recent.length;
            int run = recent[before] == token ? runs[period - 1] + 1 : 0;
            runs[period - 1] = run;
            looping |= run >= limit - period;
        }
        recent[slot] = token;
        position++;
    }

    /** True where the tokens end in a loop. */
    public boolean loops() {
        return looping;
    }
}
