package io.promptmill.job;

/** What submit.sh found out about the terminal; the JDKs from 17 to 25 do not answer the question in one way. */
final class Terminal {
    private static final int DEFAULT_COLUMNS = 120;

    private Terminal() {}

    /** True where progress goes to a terminal. */
    static boolean present() {
        return Boolean.getBoolean("promptmill.terminal");
    }

    /** Width in characters. */
    static int columns() {
        int columns = Integer.getInteger("promptmill.columns", DEFAULT_COLUMNS);
        return columns >= 20 ? columns : DEFAULT_COLUMNS;
    }
}
