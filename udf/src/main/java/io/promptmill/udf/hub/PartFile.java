package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The beginning of a file that is being fetched, {@code NAME.part}, which outlives the process. Beside it lies, in
 * {@code NAME.part.version}, which version of the remote file it is of. Every failure here is one of the disk, a
 * {@link ModelFileException}. For one thread.
 */
final class PartFile implements AutoCloseable {
    private final RemoteFile file;
    private final Path folder;
    private final Path path;
    private final Path versionPath;
    private final FileChannel channel;
    private final ContentDigest digest;
    private String version;
    private long position;
    private String sha256;

    private PartFile(RemoteFile file, Path folder) {
        this.file = file;
        this.folder = folder;
        this.path = folder.resolve(file.name() + ".part");
        this.versionPath = folder.resolve(file.name() + ".part.version");
        this.digest = new ContentDigest(file.size());
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /** Goes on with what is there, where it is of a known version; it is read once, for the checksum. */
    static PartFile open(RemoteFile file, Path folder, Waiting waiting) {
        PartFile part = new PartFile(file, folder);
        boolean opened = false;
        try {
            part.resume(waiting);
            opened = true;
            return part;
        } finally {
            if (!opened) {
                part.close();
            }
        }
    }

    private void resume(Waiting waiting) {
        try {
            if (Files.exists(versionPath) && channel.size() <= file.size()) {
                version = Files.readString(versionPath, StandardCharsets.UTF_8);
                digest.addAll(channel, waiting);
                position = channel.position();
            } else {
                restart();
            }
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /** Bytes that are there. */
    long position() {
        return position;
    }

    /** Bytes that are missing. */
    long missing() {
        return file.size() - position;
    }

    /** Of the remote file, null where nothing is there yet; empty where its server names none. */
    String version() {
        return version;
    }

    /** Says what the bytes to come are of; before the first of them. */
    void begin(String remoteVersion) {
        try {
            version = remoteVersion;
            // Without a name, another process could not tell whether the rest is of the same version.
            if (!remoteVersion.isEmpty()) {
                Files.writeString(versionPath, remoteVersion, StandardCharsets.UTF_8);
            }
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /** Appends bytes, at most as many as are {@link #missing}. */
    void append(ByteBuffer bytes) {
        int count = bytes.remaining();
        digest.add(bytes);
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failure) {
            throw unwritable(failure);
        }
        position += count;
    }

    /** Forgets what is there. */
    void restart() {
        try {
            Files.deleteIfExists(versionPath);
            channel.truncate(0);
            digest.reset();
            version = null;
            position = 0;
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /**
     * What is wrong with the whole file; ends the adding to it.
     *
     * @param expected SHA-256 of the content as the hub says, or null
     */
    Optional<String> problem(String expected) {
        sha256 = digest.sha256();
        return digest.problem(sha256, expected, file.gitId());
    }

    /** Gives the file, in which {@link #problem} found none, its name. */
    FetchedFile complete() {
        try {
            channel.force(true);
            channel.close();
            Files.move(path, folder.resolve(file.name()), StandardCopyOption.ATOMIC_MOVE);
            Files.deleteIfExists(versionPath);
            return new FetchedFile(file.name(), file.size(), sha256);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /** Removes the file: what is in it is of no use. */
    void delete() {
        try {
            channel.close();
            Files.deleteIfExists(versionPath);
            Files.deleteIfExists(path);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private ModelFileException unwritable(IOException failure) {
        return new ModelFileException(
                "file " + file.name() + " of a model, " + file.size() + " bytes, cannot be written to " + folder + ": "
                        + Words.of(failure) + "; free space there, or set PROMPTMILL_CACHE to another folder",
                failure);
    }
}
