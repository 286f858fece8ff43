package io.promptmill.udf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the conformance data: under the system property {@code promptmill.conformance} where it is set, otherwise the
 * copies among the test resources. Third-party data is not copied and is looked for beside the checkout.
 */
public final class ConformanceData {
    private static final Set<String> THIRD_PARTY = Set.of("tokenizers", "chat-templates");

    private ConformanceData() {}

    /** The folder {@code subfolder} of the data, where it is present. */
    public static Optional<Path> folder(String subfolder) {
        String configured = System.getProperty("promptmill.conformance", "");
        Path module = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        Stream<Path> roots = configured.isBlank()
                ? Stream.of(
                                Optional.of(module.resolve("src/test/resources/conformance")),
                                Optional.of(module.resolve("../../shared/conformance"))
                                        .filter(root -> THIRD_PARTY.contains(subfolder)))
                        .flatMap(Optional::stream)
                : Stream.of(Path.of(configured));
        return roots.map(root -> root.resolve(subfolder).normalize())
                .filter(Files::isDirectory)
                .findFirst();
    }

    /** The files of {@code subfolder} whose names end in {@code suffix}, sorted; none where it is absent. */
    public static List<Path> files(String subfolder, String suffix) throws IOException {
        Optional<Path> folder = folder(subfolder);
        if (folder.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder.get())) {
            return entries.filter(path -> path.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }
}
