package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.types.StructType;

/** Finds columns by name and helps where there is none. */
final class Columns {
    private Columns() {}

    /**
     * The position of a column. A name that differs in case only is accepted where just one column has it, as Spark does.
     *
     * @param use what the column is for, for the message
     * @throws ConfigException where there is no such column
     */
    static int require(StructType schema, String name, String use) {
        String[] names = schema.fieldNames();
        int exact = Arrays.asList(names).indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        int found = -1;
        for (int column = 0; column < names.length; column++) {
            if (names[column].equalsIgnoreCase(name)) {
                if (found >= 0) {
                    throw new ConfigException(use + " '" + name + "' fits two columns, '" + names[found] + "' and '"
                            + names[column] + "'; write the name with the case of the one that is meant");
                }
                found = column;
            }
        }
        if (found < 0) {
            throw new ConfigException(use + " '" + name + "' is not a column of the input; "
                    + nearest(name, List.of(names)) + "the columns are " + List.of(names));
        }
        return found;
    }

    /** {@code did you mean 'x'? } with the most similar candidate, or nothing where none is similar. */
    static String nearest(String name, Collection<String> candidates) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return candidates.stream()
                .min(Comparator.comparingInt(candidate -> distance(wanted, candidate.toLowerCase(Locale.ROOT))))
                .filter(best -> distance(wanted, best.toLowerCase(Locale.ROOT))
                        <= Math.max(2, Math.min(wanted.length(), best.length()) / 2))
                .map(best -> "did you mean '" + best + "'? ")
                .orElse("");
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
