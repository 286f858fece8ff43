package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Names of the parts of a model in several files: {@code NAME-00001-of-00003.gguf} and so on. */
public final class SplitName {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.DOTALL);

    private SplitName() {}

    /** How the name of part {@code index} (from 0) of {@code count} ends. */
    private static String ending(int index, int count) {
        return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", index + 1, count);
    }

    /** Names of all files of the model that a file name stands for; the name alone where it is not that of a part. */
    public static List<String> partsOf(String fileName) {
        Matcher part = PART.matcher(fileName);
        if (!part.matches()) {
            return List.of(fileName);
        }
        int number = Integer.parseInt(part.group(2));
        int count = Integer.parseInt(part.group(3));
        if (number < 1 || number > count) {
            return List.of(fileName);
        }
        return IntStream.range(0, count)
                .mapToObj(index -> part.group(1) + ending(index, count))
                .toList();
    }

    /**
     * Checks that {@code path} is named as its metadata says.
     *
     * @throws ModelFileException where it is not, because the other parts could not be found then
     */
    static void check(Path path, int index, int count) {
        if (!path.getFileName().toString().endsWith(ending(index, count))) {
            throw new ModelFileException(path + ": keys 'split.no' and 'split.count' say that this is part "
                    + (index + 1) + " of " + count + "; expected a name that ends in " + ending(index, count)
                    + ". Give all parts the names that they were published with");
        }
    }

    /** The path of part {@code other}, beside part {@code index} at {@code path}, which {@link #check} has accepted. */
    static Path sibling(Path path, int index, int count, int other) {
        String name = path.getFileName().toString();
        String stem = name.substring(0, name.length() - ending(index, count).length());
        return path.resolveSibling(stem + ending(other, count));
    }
}
