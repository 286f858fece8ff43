package io.promptmill.udf.spark;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The naming of split GGUF models: {@code name-00001-of-00003.gguf}. */
final class ModelParts {
    private static final Pattern PART = Pattern.compile("(.*-)\\d{5}-of-(\\d{5})(\\.gguf)");

    private ModelParts() {}

    /** Names of all files of the model that a file name stands for; the name alone where it is not a part. */
    static List<String> of(String fileName) {
        Matcher part = PART.matcher(fileName);
        if (!part.matches()) {
            return List.of(fileName);
        }
        int count = Integer.parseInt(part.group(2));
        List<String> names = IntStream.rangeClosed(1, count)
                .mapToObj(index ->
                        String.format(Locale.ROOT, "%s%05d-of-%05d%s", part.group(1), index, count, part.group(3)))
                .toList();
        return names.contains(fileName) ? names : List.of(fileName);
    }
}
