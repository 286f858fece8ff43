package io.promptmill.udf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Packages import downwards only, and what is bound to one package stays there. */
class PackageLayersTest {
    /** From top to bottom: a package may import those after it. */
    private static final List<String> LAYERS = List.of(
            "spark",
            "hub",
            "engine",
            "prompt",
            "tokenizer",
            "scheduler",
            "constraint",
            "sampler",
            "model",
            "layers",
            "weights",
            "kernels",
            "tensor",
            "unicode",
            "error");

    private static final Path SOURCES = Path.of("src/main/java/io/promptmill/udf");
    /** Imports and fully qualified uses. */
    private static final Pattern REFERENCE = Pattern.compile("\\bio\\.promptmill\\.udf\\.([a-z]+)\\.");

    @Test
    void packagesImportDownwardsOnly() throws IOException {
        List<String> upward = new ArrayList<>();
        for (Path source : sources()) {
            String name = packageOf(source);
            assertTrue(LAYERS.contains(name), "package '" + name + "' has no place in the layers");
            Matcher reference = REFERENCE.matcher(code(source));
            while (reference.find()) {
                if (LAYERS.indexOf(reference.group(1)) < LAYERS.indexOf(name)) {
                    upward.add(SOURCES.relativize(source) + " uses " + reference.group(1));
                }
            }
        }
        assertEquals(List.of(), upward);
    }

    @Test
    void sparkAndVectorsStayInTheirPackages() throws IOException {
        List<String> strays = new ArrayList<>();
        for (Path source : sources()) {
            String code = code(source);
            if (code.contains("org.apache.spark") && !packageOf(source).equals("spark")) {
                strays.add(SOURCES.relativize(source) + " imports Spark");
            }
            if (code.contains("org.apache.hadoop") && !packageOf(source).equals("spark")) {
                strays.add(SOURCES.relativize(source) + " imports Hadoop");
            }
            if (code.matches("(?s).*(import jdk\\.incubator|org\\.bytedeco).*")
                    && !packageOf(source).equals("kernels")) {
                strays.add(SOURCES.relativize(source) + " imports vectors or native code");
            }
        }
        assertEquals(List.of(), strays);
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertTrue(sources.size() > 50, "found " + sources.size() + " sources");
            return sources;
        }
    }

    private static String packageOf(Path source) {
        return SOURCES.relativize(source).getName(0).toString();
    }

    /** The file without javadoc, which may point anywhere. */
    private static String code(Path source) throws IOException {
        return Files.readString(source).replaceAll("(?s)/\\*\\*.*?\\*/", "");
    }
}
