package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that a configuration names instead of having their text. */
final class ReferredFile {
    /** More is no schema or grammar that anybody wrote. */
    private static final long MOST_BYTES = 16 << 20;

    private ReferredFile() {}

    /**
     * The text of a file on the driver.
     *
     * @param key that names it, for messages
     * @param name relative to the working directory, or absolute
     * @throws ConfigException where it cannot be read as UTF-8
     */
    static String read(String key, String name) {
        Path path = Path.of(name);
        // In yarn cluster mode a file shipped with --files lies in the working directory, whatever its folder was.
        Path found = Files.exists(path) || path.getFileName() == null ? path : path.getFileName();
        if (!Files.isRegularFile(found)) {
            throw new ConfigException(
                    "'" + key + "' is the file '" + name + "', which does not exist (working directory "
                            + Path.of("").toAbsolutePath() + ")");
        }
        try {
            if (Files.size(found) > MOST_BYTES) {
                throw new ConfigException("'" + key + "' is the file '" + name + "' of " + Files.size(found)
                        + " bytes; expected at most " + MOST_BYTES);
            }
            return Files.readString(found, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(
                    "'" + key + "' is the file '" + name + "', which cannot be read as UTF-8 text: " + e.getMessage(),
                    e);
        }
    }
}
