package io.promptmill.udf.prompt;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds conformance data: the system property, else the test resources, else the workspace's shared folder. */
final class ConformanceFolder {

    private ConformanceFolder() {}

    /** The folder of that name, or null where it is absent. */
    static Path find(String name) {
        List<Path> candidates = new ArrayList<>();
        String property = System.getProperty("promptmill.conformance", "");
        if (!property.isBlank()) {
            candidates.add(Path.of(property));
        } else {
            candidates.add(Path.of("src/test/resources/conformance"));
            if (name.equals("tokenizers") || name.equals("chat-templates")) {
                candidates.add(Path.of("../../shared/conformance"));
            }
        }
        return candidates.stream()
                .map(candidate -> candidate.resolve(name))
                .filter(Files::isDirectory)
                .findFirst()
                .orElse(null);
    }
}
