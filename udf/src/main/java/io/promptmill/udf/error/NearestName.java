package io.promptmill.udf.error;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what a mistyped name was meant to be. */
public final class NearestName {
    private NearestName() {}

    /**
     * The name with the fewest edits from {@code name}, case aside; ties go to the one that stands first. Empty where more
     * than half of the shorter name would have to change: a guess without likeness misleads.
     */
    public static Optional<String> of(String name, Collection<String> known) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance(wanted, candidate.toLowerCase(Locale.ROOT))))
                .filter(best -> distance(wanted, best.toLowerCase(Locale.ROOT))
                        <= Math.max(1, Math.min(wanted.length(), best.length()) / 2));
    }

    /** {@code did you mean 'x'? } with the nearest name, or nothing where none is near. */
    public static String hint(String name, Collection<String> known) {
        return of(name, known).map(best -> "did you mean '" + best + "'? ").orElse("");
    }

    /** Edits (insert, delete, replace) from one text to another, after Wagner and Fischer (1974). */
    private static int distance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        Arrays.setAll(previous, column -> column);
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replaced, 1 + Math.min(previous[column], current[column - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
