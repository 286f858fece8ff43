package io.promptmill.job;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.OptionalLong;

/** The line on a job's progress: rewritten in place on a terminal, else a new one every few seconds. Not thread-safe. */
final class ProgressLine {
    /** The rate is that of about so many seconds past. */
    private static final int WINDOW_SECONDS = 20;

    /** No forecast before this share is done: first rows come late, since many are under way at the same time. */
    private static final double SHARE_TO_JUDGE_BY = 0.05;

    private final PrintStream out;
    private final OptionalLong rows;
    private final boolean terminal = Terminal.present();
    private final long start = System.nanoTime();
    private final Deque<long[]> window = new ArrayDeque<>();
    private int shownLength;
    private boolean shown;

    ProgressLine(PrintStream out, OptionalLong rows) {
        this.out = out;
        this.rows = rows;
        window.add(new long[] {start, 0});
    }

    int periodSeconds() {
        return terminal ? 1 : 10;
    }

    /**
     * @param tokens of prompts and completions so far
     * @param share of the tasks that have ended; used where the number of rows is not known
     */
    void show(long done, long errors, long tokens, double share) {
        long now = System.nanoTime();
        double seconds = (now - start) / 1e9;
        double fraction = rows.isPresent() && rows.getAsLong() > 0 ? (double) done / rows.getAsLong() : share;
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%,d", done));
        if (rows.isPresent()) {
            text.append(String.format(Locale.ROOT, " of %,d", rows.getAsLong()));
        }
        text.append(String.format(
                Locale.ROOT, " rows, %.0f%%, %,.0f tokens/s, %,d errors", fraction * 100, rate(now, tokens), errors));
        text.append(", ").append(Durations.format(seconds));
        if (fraction > SHARE_TO_JUDGE_BY && fraction < 1) {
            text.append(", about ")
                    .append(Durations.format(seconds / fraction - seconds))
                    .append(" left");
        }
        print(text.toString());
    }

    /** True where a line has been shown. */
    boolean isShown() {
        return shown;
    }

    /** Leaves the last line standing. */
    void finish() {
        if (terminal && shownLength > 0) {
            out.println();
        }
        out.flush();
    }

    private double rate(long now, long tokens) {
        while (window.size() > 1 && now - window.peekFirst()[0] > WINDOW_SECONDS * 1_000_000_000L) {
            window.removeFirst();
        }
        long[] first = window.peekFirst();
        window.add(new long[] {now, tokens});
        return Math.max(0, (tokens - first[1]) / Math.max(1e-9, (now - first[0]) / 1e9));
    }

    private void print(String text) {
        shown = true;
        if (terminal) {
            out.print("\r" + text + " ".repeat(Math.max(0, shownLength - text.length())));
            shownLength = text.length();
        } else {
            out.println(text);
        }
        out.flush();
    }
}
