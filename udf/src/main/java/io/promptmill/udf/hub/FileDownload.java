package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one file into a folder. Where the connection breaks, or another process left a part of the file, it goes on from
 * there, provided that the remote file is the same still. For one use by one thread.
 */
final class FileDownload {
    private static final Logger LOG = LoggerFactory.getLogger(FileDownload.class);
    private static final int TRIALS = 2;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int PARTIAL = 206;
    private static final long REPORT_NANOS = 10_000_000_000L;

    private final RemoteFile file;
    private final URI address;
    private final HubConnection connection;
    private final HubStatus status;
    private final HubPatience patience;
    private final Waiting waiting;
    private long reported = System.nanoTime();

    FileDownload(
            RemoteFile file,
            URI address,
            HubConnection connection,
            HubStatus status,
            HubPatience patience,
            Waiting waiting) {
        this.file = file;
        this.address = address;
        this.connection = connection;
        this.status = status;
        this.patience = patience;
        this.waiting = waiting;
    }

    /**
     * The file in {@code folder}, where it may be already.
     *
     * @throws IOException where it cannot be had now; what came of it stays for another time
     * @throws ModelFileException where it cannot be written, or comes damaged twice; nothing is left of it then
     */
    FetchedFile into(Path folder) throws IOException {
        Optional<FetchedFile> present = present(folder);
        if (present.isPresent()) {
            return present.get();
        }
        String problem = "";
        for (int trial = 0; trial < TRIALS; trial++) {
            try (PartFile part = PartFile.open(file, folder, waiting)) {
                transfer(part);
                Optional<String> found =
                        part.problem(file.sha256() == null ? HubResponse.sha256(part.version()) : file.sha256());
                if (found.isEmpty()) {
                    return part.complete();
                }
                part.delete();
                problem = found.get();
                LOG.warn("{} {}; it is fetched anew", address.getPath(), problem);
            }
        }
        throw new ModelFileException("the copy of " + address + " " + problem
                + ", twice; it was damaged on the way, or the hub is wrong about it. Run again, or take another model");
    }

    private Optional<FetchedFile> present(Path folder) throws IOException {
        Path path = folder.resolve(file.name());
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        ContentDigest digest = new ContentDigest(file.size());
        long length;
        try (FileChannel channel = FileChannel.open(path)) {
            length = channel.size();
            digest.addAll(channel, waiting);
        }
        String sha256 = digest.sha256();
        if (length == file.size()
                && digest.problem(sha256, file.sha256(), file.gitId()).isEmpty()) {
            return Optional.of(new FetchedFile(file.name(), length, sha256));
        }
        Files.delete(path);
        return Optional.empty();
    }

    private void transfer(PartFile part) throws IOException {
        Retries retries = new Retries(patience, waiting);
        long most = part.position();
        while (part.missing() > 0) {
            try {
                receive(part);
            } catch (IOException broken) {
                retries.after(broken, part.position() - most);
            }
            most = Math.max(most, part.position());
        }
    }

    private void receive(PartFile part) throws IOException {
        try (HubResponse response = connection.get(address, range(part))) {
            if (response.status() == RANGE_NOT_SATISFIABLE) {
                part.restart();
                throw new IOException(response.place() + " has become shorter; from its beginning");
            }
            status.require(response);
            if (response.status() == PARTIAL) {
                requireRest(part, response);
            } else if (part.position() > 0) {
                LOG.info("{} is sent from its beginning", response.place());
                part.restart();
            }
            if (part.version() == null) {
                part.begin(response.version());
            }
            append(part, response);
        }
    }

    private static Map<String, String> range(PartFile part) {
        Map<String, String> headers = new HashMap<>();
        if (part.position() > 0) {
            headers.put("Range", "bytes=" + part.position() + "-");
            if (HubResponse.isStrongTag(part.version())) {
                headers.put("If-Range", part.version());
            }
        }
        return headers;
    }

    private static void requireRest(PartFile part, HubResponse response) throws IOException {
        boolean same = part.position() == 0 || response.version().equals(part.version());
        boolean fits = response.header("Content-Range").orElse("").startsWith("bytes " + part.position() + "-");
        if (!same || !fits) {
            part.restart();
            throw new IOException(
                    response.place() + (same ? " sent another piece than asked for" : " has changed meanwhile")
                            + "; from its beginning");
        }
    }

    private void append(PartFile part, HubResponse response) throws IOException {
        ResponseBody body = response.body();
        for (ByteBuffer bytes = body.next(); bytes != null; bytes = body.next()) {
            if (bytes.remaining() > part.missing()) {
                part.restart();
                throw new IOException(
                        response.place() + " sends more than the " + file.size() + " bytes that the hub lists");
            }
            part.append(bytes);
            report(part);
        }
        if (part.missing() > 0) {
            throw new IOException(
                    response.place() + " ended after " + part.position() + " of " + file.size() + " bytes");
        }
    }

    private void report(PartFile part) {
        if (System.nanoTime() - reported >= REPORT_NANOS) {
            reported = System.nanoTime();
            LOG.info("{}: {} of {} bytes", file.path(), part.position(), file.size());
        }
    }
}
