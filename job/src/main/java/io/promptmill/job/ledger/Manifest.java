package io.promptmill.job.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What the finished rows of an output were computed with. A run that would compute other rows otherwise is refused, with the
 * difference, so that an output is of one making unless its owner says so.
 *
 * @param settings what a row's result depends on besides the row, as text by name
 * @param columns that the job reads and adds, and how it takes its input; with others the finished rows and new ones
 *     could not lie together
 * @param start of the first run, an instant in ISO 8601: the date that templates see in all runs
 */
public record Manifest(Map<String, String> settings, Map<String, String> columns, String start) {
    private static final String KIND = "manifest";
    private static final int SHOWN = 120;

    public Manifest {
        settings = new LinkedHashMap<>(settings);
        columns = new LinkedHashMap<>(columns);
    }

    /** The manifest of an output, or null where it has none. */
    public static Manifest read(Path output, Configuration hadoop) throws IOException {
        return journal(output, hadoop).latest(KIND).map(Manifest::of).orElse(null);
    }

    /** Makes this the output's manifest. */
    public void write(Path output, Configuration hadoop) throws IOException {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("start", start);
        settings.forEach(document.putObject("settings")::put);
        columns.forEach(document.putObject("columns")::put);
        journal(output, hadoop).add(KIND, document);
    }

    /**
     * Checks that a run may add to what is there.
     *
     * @param output for the message
     * @param acceptChanges whether other settings are meant
     * @throws ConfigException with every difference
     */
    public void requireSame(Manifest next, String output, boolean acceptChanges) {
        List<String> otherColumns = differences(columns, next.columns);
        if (!otherColumns.isEmpty()) {
            throw new ConfigException("output.path '" + output + "' was begun in another form, so that its finished"
                    + " rows and new ones do not fit together:" + String.join("", otherColumns)
                    + "\nChoose another output.path; input.schema says how columns are read");
        }
        List<String> others = differences(settings, next.settings);
        if (!others.isEmpty() && !acceptChanges) {
            throw new ConfigException(
                    "output.path '" + output + "' was begun with other settings:"
                            + String.join("", others) + "\nSet them back, choose another output.path, or run with"
                            + " --accept-changes to keep the finished rows as they are and compute the missing ones in the new way");
        }
    }

    /** Whether rows are computed alike. */
    public boolean equalSettings(Manifest other) {
        return settings.equals(other.settings);
    }

    private static List<String> differences(Map<String, String> was, Map<String, String> is) {
        Set<String> names = new LinkedHashSet<>(was.keySet());
        names.addAll(is.keySet());
        List<String> lines = new ArrayList<>();
        for (String name : names) {
            String before = was.get(name);
            String after = is.get(name);
            if (before == null || !before.equals(after)) {
                lines.add("\n  " + name + ": " + shown(before, after) + " -> " + shown(after, before));
            }
        }
        return lines;
    }

    /** The text, or where it is long what is around the first difference. */
    private static String shown(String text, String other) {
        if (text == null) {
            return "(not set)";
        }
        if (text.length() <= SHOWN) {
            return text;
        }
        int same = 0;
        while (other != null
                && same < Math.min(text.length(), other.length())
                && text.charAt(same) == other.charAt(same)) {
            same++;
        }
        int from = Math.max(0, Math.min(same - SHOWN / 4, text.length() - SHOWN));
        String part = text.substring(from, Math.min(text.length(), from + SHOWN));
        return (from > 0 ? "..." : "") + part + (from + SHOWN < text.length() ? "..." : "");
    }

    private static Manifest of(ObjectNode document) {
        return new Manifest(
                texts(document.path("settings")),
                texts(document.path("columns")),
                document.path("start").asText());
    }

    private static Map<String, String> texts(JsonNode node) {
        Map<String, String> texts = new LinkedHashMap<>();
        node.fields()
                .forEachRemaining(
                        entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    private static Journal journal(Path output, Configuration hadoop) throws IOException {
        FileSystem files = output.getFileSystem(hadoop);
        return new Journal(files, new LedgerFolder(output.toString()).journal());
    }
}
