package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import java.util.List;

/**
 * When a job takes its input.
 *
 * @param seconds between looks for new files where {@code kind} is {@code CONTINUOUS}
 */
record Trigger(Kind kind, long seconds) {

    /** Ways to take an input. */
    enum Kind {
        /** All of it, once. */
        ONCE,
        /** The files that came since the run before, then the job ends. */
        AVAILABLE_NOW,
        /** Files as they come, until the job is ended. */
        CONTINUOUS
    }

    private static final List<String> NAMES = List.of("once", "available_now", "continuous");
    private static final long SECONDS = 60;

    /** @param root the whole configuration */
    static Trigger of(Section root, OutputConfig output) {
        String name = root.text("trigger");
        JsonNode interval = root.value("trigger_seconds");
        if (name != null && !NAMES.contains(name)) {
            throw new ConfigException("'trigger' is \"" + name + "\"; " + NearestName.hint(name, NAMES)
                    + "expected one of " + String.join(", ", NAMES));
        }
        Kind kind = name == null ? Kind.ONCE : Kind.values()[NAMES.indexOf(name)];
        if (kind != Kind.ONCE && output.mode() != OutputConfig.Mode.RESUME) {
            throw new ConfigException(
                    "'trigger' " + name + " adds to what earlier runs have written; set output.mode to" + " resume");
        }
        if (kind != Kind.ONCE && root.has("evaluate")) {
            throw new ConfigException("'evaluate' looks at all rows of an output, and trigger " + name
                    + " at those of the files that came; remove it, or run a job without trigger");
        }
        if (interval != null && kind != Kind.CONTINUOUS) {
            throw new ConfigException("'trigger_seconds' has an effect with trigger continuous only; remove it");
        }
        long seconds = root.integer("trigger_seconds").orElse(SECONDS);
        if (seconds < 1) {
            throw root.wrong("trigger_seconds", interval, "1 or more");
        }
        return new Trigger(kind, seconds);
    }

    boolean isStream() {
        return kind != Kind.ONCE;
    }
}
