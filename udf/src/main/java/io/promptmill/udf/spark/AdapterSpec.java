package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The adapters of a job, and which rows use them. Immutable and thread-safe.
 *
 * @param entries by which the model may be changed; all are loaded beside it
 * @param usual name of the adapter of rows that name none; null: those use the model as it is
 * @param column that names a row's adapter, null and empty for the usual one; null where there is no such column
 */
public record AdapterSpec(List<Entry> entries, String usual, String column) implements Serializable {
    /** Of a job without adapters. */
    public static final AdapterSpec NONE = new AdapterSpec(List.of(), null, null);

    /**
     * @param name by which rows ask for it
     * @param path as that of a model: a path on every node, a URI, or the name of a file shipped with the job
     * @param scale of what it adds, besides its own
     */
    public record Entry(String name, String path, double scale) implements Serializable {
        /** @throws ConfigException where a value is missing or out of range */
        public Entry {
            if (name == null || name.isBlank()) {
                throw new ConfigException("an adapter has no name; give it one");
            }
            if (path == null || path.isBlank()) {
                throw new ConfigException("adapter '" + name + "' has no path; name its file or folder");
            }
            if (!Double.isFinite(scale)) {
                throw new ConfigException(
                        "the scale of adapter '" + name + "' is " + scale + "; expected a finite number");
            }
        }
    }

    /** @throws ConfigException where two adapters have one name, or an adapter is asked for that there is not */
    public AdapterSpec {
        entries = List.copyOf(entries);
        Set<String> names = new HashSet<>();
        for (Entry entry : entries) {
            if (!names.add(entry.name())) {
                throw new ConfigException("two adapters are named '" + entry.name() + "'; give each a name of its own");
            }
        }
        if (usual != null && !names.contains(usual)) {
            throw new ConfigException("adapter '" + usual + "' is not known; " + known(usual, entries));
        }
        if (column != null && entries.isEmpty()) {
            throw new ConfigException("column '" + column
                    + "' is to name each row's adapter, but the job has no adapters; list them under 'adapters'");
        }
    }

    private static String known(String name, List<Entry> entries) {
        List<String> names = entries.stream().map(Entry::name).toList();
        return names.isEmpty()
                ? "the job has no adapters; list them under 'adapters'"
                : NearestName.hint(name, names) + "the adapters are " + names;
    }
}
