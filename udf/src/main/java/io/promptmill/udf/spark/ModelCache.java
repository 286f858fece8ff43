package io.promptmill.udf.spark;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.SafetensorsFolder;
import io.promptmill.udf.weights.SplitName;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models that were fetched from elsewhere, in a folder of the host that all processes of a user share. An entry of a Hadoop
 * filesystem is named by the source's address, size and modification time, one of the hub by the checksums of its files, so
 * a changed source gets a new entry. One process fetches, the others wait at a file lock. Superseded entries stay until
 * someone deletes them. Thread-safe.
 */
final class ModelCache {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);
    private static final String FOLDER_VARIABLE = "PROMPTMILL_CACHE";
    private static final long LOCK_POLL_MILLIS = 50;

    /** Brings a model's files. */
    @FunctionalInterface
    interface Fetch {
        void run() throws IOException;
    }

    private final Path folder;
    private final boolean shared;

    /** @param folder is made when the first model comes */
    ModelCache(Path folder) {
        this(folder, false);
    }

    private ModelCache(Path folder, boolean shared) {
        this.folder = folder;
        this.shared = shared;
    }

    /** The folder that the environment names, else one of this user among the temporary files. */
    static ModelCache ofHost() {
        String named = System.getenv(FOLDER_VARIABLE);
        if (named != null && !named.isBlank()) {
            return new ModelCache(Path.of(named));
        }
        String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
        return new ModelCache(Path.of(System.getProperty("java.io.tmpdir"), "promptmill-cache-" + user), true);
    }

    /**
     * The local copy of a file and, for a split model, of all its parts; or of a folder's files.
     *
     * @return empty where the source does not exist
     * @throws ModelFileException where the source is no file, lacks a part, or cannot be fetched unharmed
     */
    Optional<ModelLocation> fetch(org.apache.hadoop.fs.Path source, Configuration hadoop) throws IOException {
        FileSystem files = source.getFileSystem(hadoop);
        org.apache.hadoop.fs.Path address = files.makeQualified(source);
        boolean isFolder = isFolder(files, address);
        Optional<List<FileStatus>> parts =
                isFolder ? Optional.of(partsOfFolder(files, address)) : parts(files, address);
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        String identity = identity(address, parts.get());
        CachedModel entry = entry(address.getName(), identity);
        fill(entry, address.toString(), () -> {
            entry.clear();
            new ModelDownload(address, hadoop).run(parts.get(), entry);
        });
        Path place = isFolder ? entry.folder() : entry.folder().resolve(address.getName());
        return Optional.of(new ModelLocation(place, identity));
    }

    /** Where the models and what belongs to them lie; it may not be there yet. */
    Path folder() {
        return folder;
    }

    /** The place of a model whose content has {@code identity}, in hexadecimal. */
    CachedModel entry(String name, String identity) {
        return new CachedModel(folder.resolve(name + "-" + identity.substring(0, 16)));
    }

    /** Makes the folder, and keeps it from others where they could reach it. */
    void createFolder() throws IOException {
        if (shared) {
            PrivateFolder.create(folder);
        } else {
            Files.createDirectories(folder);
        }
    }

    /**
     * Fetches a model unless it is here, or another process brings it meanwhile.
     *
     * @param source to name to the user
     * @param fetch makes the entry complete; runs while all others wait
     */
    void fill(CachedModel entry, String source, Fetch fetch) {
        Path lockFile = entry.folder().resolveSibling(entry.folder().getFileName() + ".lock");
        try {
            if (entry.isIntact()) {
                return;
            }
            createFolder();
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock(channel)) {
                if (held.isValid() && !entry.isIntact()) {
                    LOG.info("fetching model {} to {}", source, entry.folder());
                    fetch.run();
                }
            }
        } catch (IOException failure) {
            throw new ModelFileException(
                    "model " + source + " cannot be fetched to " + folder + ": " + failure
                            + "; check the source and the folder, or set " + FOLDER_VARIABLE + " to another one",
                    failure);
        }
    }

    /** Polls, because a lock that another thread of this JVM holds cannot be waited for. */
    private static FileLock lock(FileChannel channel) throws IOException {
        TaskWait wait = new TaskWait(TaskContext.get());
        while (true) {
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException heldHere) {
                LOG.trace("the lock is held by another thread of this JVM", heldHere);
            }
            if (lock != null) {
                return lock;
            }
            wait.sleep(LOCK_POLL_MILLIS);
        }
    }

    private static Optional<List<FileStatus>> parts(FileSystem files, org.apache.hadoop.fs.Path address)
            throws IOException {
        if (address.isRoot()) {
            throw new ModelFileException("model " + address + " is a folder; name the model file in it");
        }
        List<FileStatus> parts = new ArrayList<>();
        for (String name : SplitName.partsOf(address.getName())) {
            org.apache.hadoop.fs.Path part = new org.apache.hadoop.fs.Path(address.getParent(), name);
            try {
                FileStatus status = files.getFileStatus(part);
                if (status.isDirectory()) {
                    throw new ModelFileException("model " + part + " is a folder; expected a part of a split model");
                }
                parts.add(status);
            } catch (FileNotFoundException absent) {
                if (parts.isEmpty()) {
                    LOG.debug("model {} is absent", part, absent);
                    return Optional.empty();
                }
                throw new ModelFileException(
                        "model " + address + " is split and its part " + part
                                + " is missing; put all parts into one folder",
                        absent);
            }
        }
        return Optional.of(parts);
    }

    private static boolean isFolder(FileSystem files, org.apache.hadoop.fs.Path address) throws IOException {
        try {
            return !address.isRoot() && files.getFileStatus(address).isDirectory();
        } catch (FileNotFoundException absent) {
            LOG.trace("{} is absent", address, absent);
            return false;
        }
    }

    /** Sorted by name, so that the identity does not depend on the order in which a filesystem lists them. */
    private static List<FileStatus> partsOfFolder(FileSystem files, org.apache.hadoop.fs.Path address)
            throws IOException {
        List<FileStatus> parts = Arrays.stream(files.listStatus(address))
                .filter(status -> !status.isDirectory()
                        && SafetensorsFolder.isPart(status.getPath().getName()))
                .sorted(Comparator.comparing(status -> status.getPath().getName()))
                .toList();
        if (parts.stream()
                .map(status -> status.getPath().getName())
                .noneMatch(name -> name.equals(SafetensorsFolder.CONFIG) || name.equals(LoraAdapter.FOLDER_CONFIG))) {
            throw new ModelFileException("model " + address + " is a folder without " + SafetensorsFolder.CONFIG
                    + "; name the model file in it, or a folder with " + SafetensorsFolder.CONFIG
                    + " and safetensors files");
        }
        return parts;
    }

    private static String identity(org.apache.hadoop.fs.Path address, List<FileStatus> parts) {
        StringBuilder text = new StringBuilder(address.toString());
        for (FileStatus part : parts) {
            text.append(String.format(
                    Locale.ROOT,
                    "\n%d %d %s",
                    part.getLen(),
                    part.getModificationTime(),
                    part.getPath().getName()));
        }
        return HexFormat.of().formatHex(RowIds.sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
