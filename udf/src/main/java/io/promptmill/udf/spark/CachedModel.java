package io.promptmill.udf.spark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One entry of the cache: the model's files and, written last, a record of what they were when they were complete. A file
 * with the recorded length and modification time is trusted; with another time it is read and its SHA-256 compared.
 */
record CachedModel(Path folder) {
    private static final Logger LOG = LoggerFactory.getLogger(CachedModel.class);
    private static final String RECORD = "fetched.txt";
    private static final int BUFFER_BYTES = 1 << 20;

    /** One file as it was fetched; a line of the record: length, SHA-256, modification time, name. */
    record Part(String name, long length, String sha256) {}

    /** True where every file is there as it was fetched. */
    boolean isIntact() throws IOException {
        Path record = folder.resolve(RECORD);
        if (!Files.exists(record)) {
            return false;
        }
        for (String line : Files.readAllLines(record, StandardCharsets.UTF_8)) {
            String[] fields = line.split(" ", 4);
            String problem = fields.length == 4 ? problem(fields) : "has an unreadable record";
            if (problem != null) {
                LOG.warn("the cached model {} {}; fetching it again", folder, problem);
                return false;
            }
        }
        return true;
    }

    private String problem(String[] fields) throws IOException {
        Path file = folder.resolve(fields[3]);
        if (!Files.isRegularFile(file)) {
            return "lacks " + fields[3];
        }
        if (!Long.toString(Files.size(file)).equals(fields[0])) {
            return "has " + Files.size(file) + " bytes of " + fields[3] + " instead of " + fields[0];
        }
        boolean untouched = Files.getLastModifiedTime(file).toString().equals(fields[2]);
        return untouched || sha256(file).equals(fields[1]) ? null : "has other bytes in " + fields[3];
    }

    /** Declares the entry incomplete and keeps its files, for a download that goes on with them. */
    void reopen() throws IOException {
        Files.createDirectories(folder);
        Files.deleteIfExists(folder.resolve(RECORD));
    }

    /** Removes the record first, so that an entry that is half removed is not taken for a whole one. */
    void clear() throws IOException {
        Files.createDirectories(folder);
        Files.deleteIfExists(folder.resolve(RECORD));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** Declares the entry complete. */
    void complete(List<Part> parts) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Part part : parts) {
            lines.add(part.length + " " + part.sha256 + " " + Files.getLastModifiedTime(folder.resolve(part.name)) + " "
                    + part.name);
        }
        Path temporary = folder.resolve(RECORD + ".tmp");
        Files.write(temporary, lines, StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(temporary, folder.resolve(RECORD), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = RowIds.sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
