package io.promptmill.udf.spark;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileChecksum;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies a model's files from a Hadoop filesystem into an entry of the cache. For one use by one thread. */
final class ModelDownload {
    private static final Logger LOG = LoggerFactory.getLogger(ModelDownload.class);
    private static final int BUFFER_BYTES = 1 << 20;

    private final org.apache.hadoop.fs.Path address;
    private final Configuration hadoop;
    private final TaskWait wait = new TaskWait(TaskContext.get());
    private final byte[] buffer = new byte[BUFFER_BYTES];

    ModelDownload(org.apache.hadoop.fs.Path address, Configuration hadoop) {
        this.address = address;
        // Makes HDFS give the CRC of the whole content, which a reader can compute, instead of a digest over its
        // blocks.
        this.hadoop = new Configuration(hadoop);
        this.hadoop.set("dfs.checksum.combine.mode", "COMPOSITE_CRC");
    }

    /** @throws ModelFileException where a copy is not what the source holds, or the source changed meanwhile */
    void run(List<FileStatus> sources, CachedModel entry) throws IOException {
        requireSpace(sources, entry.folder());
        List<CachedModel.Part> parts = new ArrayList<>();
        try (FileSystem files = FileSystem.newInstance(address.toUri(), hadoop)) {
            for (FileStatus source : sources) {
                parts.add(copy(files, source, entry.folder()));
            }
        }
        entry.complete(parts);
    }

    private void requireSpace(List<FileStatus> sources, Path folder) throws IOException {
        long needed = sources.stream()
                .mapToLong(FileStatus::getLen)
                .filter(length -> length > 0)
                .sum();
        long usable = Files.getFileStore(folder).getUsableSpace();
        if (usable < needed) {
            throw new ModelFileException("model " + address + " needs " + needed + " bytes in " + folder.getParent()
                    + ", where " + usable + " are free; free space or set PROMPTMILL_CACHE to another folder");
        }
    }

    private CachedModel.Part copy(FileSystem files, FileStatus source, Path folder) throws IOException {
        String name = source.getPath().getName();
        Path temporary = folder.resolve(name + ".part");
        MessageDigest digest = RowIds.sha256();
        CRC32 crc32 = new CRC32();
        CRC32C crc32c = new CRC32C();
        long length = 0;
        try (InputStream in = files.open(source.getPath());
                FileChannel out =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                wait.checkAlive();
                digest.update(buffer, 0, count);
                crc32.update(buffer, 0, count);
                crc32c.update(buffer, 0, count);
                for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count); bytes.hasRemaining(); ) {
                    out.write(bytes);
                }
                length += count;
            }
            out.force(true);
        }
        requireUnchanged(files, source);
        requireEqual(source, "length", source.getLen() < 0 ? length : source.getLen(), length);
        requireChecksum(files, source, crc32, crc32c);
        Files.move(temporary, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        return new CachedModel.Part(name, length, HexFormat.of().formatHex(digest.digest()));
    }

    private static void requireUnchanged(FileSystem files, FileStatus source) throws IOException {
        FileStatus now = files.getFileStatus(source.getPath());
        if (now.getLen() != source.getLen() || now.getModificationTime() != source.getModificationTime()) {
            throw new ModelFileException("model " + source.getPath()
                    + " changed while it was being fetched; run again when it is written completely");
        }
    }

    private static void requireChecksum(FileSystem files, FileStatus source, Checksum crc32, Checksum crc32c) {
        FileChecksum given = null;
        try {
            given = files.getFileChecksum(source.getPath());
        } catch (IOException | UnsupportedOperationException failure) {
            LOG.info("{} gives no checksum; its length alone is compared", source.getPath(), failure);
        }
        if (given == null || given.getLength() != Integer.BYTES) {
            return;
        }
        int value = ByteBuffer.wrap(given.getBytes()).getInt();
        switch (given.getAlgorithmName()) {
            case "COMPOSITE-CRC32" -> requireEqual(source, "CRC-32", value, (int) crc32.getValue());
            case "COMPOSITE-CRC32C" -> requireEqual(source, "CRC-32C", value, (int) crc32c.getValue());
            default ->
                LOG.info(
                        "{} has a checksum of kind {}, which cannot be compared",
                        source.getPath(),
                        given.getAlgorithmName());
        }
    }

    private static void requireEqual(FileStatus source, String property, long expected, long actual) {
        if (expected != actual) {
            throw new ModelFileException("the copy of model " + source.getPath() + " has " + property + " " + actual
                    + " instead of " + expected + "; it was damaged on the way, run again");
        }
    }
}
