package io.promptmill.job.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Documents of several kinds, each entry a file of its own that is never changed: the latest of a kind holds. A file that
 * was cut off when its writer ended is passed over, so an entry is there whole or not at all, without a rename. Used by one
 * thread of the driver.
 */
final class Journal {
    private static final Pattern NAME = Pattern.compile("(\\d{6})-([a-z]+)\\.json");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    /** Entries of a kind that are kept, for a person who wants to know what was before. */
    private static final int KEPT = 20;

    private record Entry(int number, String kind, Path path) {}

    private final FileSystem files;
    private final Path folder;

    Journal(FileSystem files, Path folder) {
        this.files = files;
        this.folder = folder;
    }

    /** The latest entry of a kind. */
    Optional<ObjectNode> latest(String kind) throws IOException {
        List<Entry> entries = entries(kind);
        for (int i = entries.size() - 1; i >= 0; i--) {
            Optional<ObjectNode> whole = read(entries.get(i).path());
            if (whole.isPresent()) {
                return whole;
            }
        }
        return Optional.empty();
    }

    /** Adds an entry, which is the latest from then on. */
    void add(String kind, ObjectNode document) throws IOException {
        List<Entry> entries = entries(null);
        int number = entries.isEmpty() ? 1 : entries.get(entries.size() - 1).number() + 1;
        Path path = new Path(folder, String.format("%06d-%s.json", number, kind));
        byte[] text = JSON.writerWithDefaultPrettyPrinter()
                .writeValueAsString(document)
                .getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = files.create(path, false)) {
            out.write(text);
        }
        List<Entry> ofKind = entries(kind);
        for (Entry old : ofKind.subList(0, Math.max(0, ofKind.size() - KEPT))) {
            files.delete(old.path(), false);
        }
    }

    private Optional<ObjectNode> read(Path path) throws IOException {
        try (InputStream in = files.open(path)) {
            return JSON.readTree(in) instanceof ObjectNode document ? Optional.of(document) : Optional.empty();
        } catch (JsonProcessingException cutOff) {
            return Optional.empty();
        }
    }

    /** In the order in which they were added. */
    private List<Entry> entries(String kind) throws IOException {
        FileStatus[] found;
        try {
            found = files.listStatus(folder);
        } catch (FileNotFoundException none) {
            return List.of();
        }
        return Stream.of(found)
                .flatMap(status -> {
                    Matcher name = NAME.matcher(status.getPath().getName());
                    return name.matches()
                            ? Stream.of(new Entry(Integer.parseInt(name.group(1)), name.group(2), status.getPath()))
                            : Stream.empty();
                })
                .filter(entry -> kind == null || entry.kind().equals(kind))
                .sorted(Comparator.comparingInt(Entry::number))
                .toList();
    }
}
