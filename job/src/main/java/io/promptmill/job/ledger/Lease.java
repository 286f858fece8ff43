package io.promptmill.job.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.DataException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that one run at a time writes to an output: a file with its name, and another one that it makes anew as long
 * as it lives. What a process of this machine that has ended left is taken over at once, what is another's when it has given
 * no sign of life for a while; clocks are not compared. Not all filesystems make a file once only, so a run asks again
 * before what must not be done twice. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final java.nio.file.Path BOOT = java.nio.file.Path.of("/proc/sys/kernel/random/boot_id");
    private static final java.nio.file.Path NAMESPACE = java.nio.file.Path.of("/proc/self/ns/pid");

    private final FileSystem files;
    private final Path path;
    private final Path sign;
    private final String run;
    private final Duration beat;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "promptmill-lease");
        thread.setDaemon(true);
        return thread;
    });

    private Lease(FileSystem files, Path path, String run, Duration beat) {
        this.files = files;
        this.path = path;
        this.sign = new Path(path.getParent(), path.getName() + "-sign");
        this.run = run;
        this.beat = beat;
    }

    /**
     * Waits until no other run that lives holds the output, and holds it.
     *
     * @param output the output path, qualified
     * @param beat time between two signs of life; a run that gives none for four of them has ended
     * @throws DataException where another run gives signs of life
     */
    public static Lease acquire(Path output, Configuration hadoop, String run, Duration beat) throws IOException {
        FileSystem files = output.getFileSystem(hadoop);
        Lease lease = new Lease(files, new Path(new LedgerFolder(output.toString()).root(), "lease"), run, beat);
        lease.await(output);
        lease.timer.scheduleAtFixedRate(lease::show, beat.toMillis(), beat.toMillis(), TimeUnit.MILLISECONDS);
        return lease;
    }

    /**
     * Checks that this run still holds the output: to be called before what must not be done twice.
     *
     * @throws DataException where another run has taken it over, because this one gave no sign of life for long
     */
    public void require() throws IOException {
        if (!isMine()) {
            Optional<JsonNode> holder = read();
            throw new DataException("another run has taken over this output"
                    + holder.map(Lease::described).orElse("")
                    + ", because this one gave no sign of life for "
                    + beat.multipliedBy(4).toSeconds()
                    + " s; what this run has finished is kept, and the other one goes on");
        }
    }

    /** Gives the output free. */
    @Override
    public void close() {
        timer.shutdownNow();
        synchronized (this) {
            try {
                if (read().filter(holder -> holder.path("run").asText().equals(run))
                        .isPresent()) {
                    files.delete(path, false);
                }
            } catch (IOException e) {
                LOG.warn("could not remove {}; the next run waits {} s for nothing", path, beat.toSeconds() * 4, e);
            }
        }
    }

    private void await(Path output) throws IOException {
        String seen = null;
        long since = 0;
        while (true) {
            Optional<JsonNode> holder = read();
            if (holder.isEmpty() || hasEnded(holder.get())) {
                if (take(holder)) {
                    return;
                }
                continue;
            }
            String name = holder.get().path("run").asText();
            String now = name + " " + lastSign();
            if (!now.equals(seen)) {
                if (seen != null && !name.isEmpty() && seen.startsWith(name + " ")) {
                    throw new DataException("output.path '" + output + "' is being written by another run"
                            + described(holder.get())
                            + "; wait until it has ended, or choose another output.path");
                }
                LOG.info("{} is held by a run{}; waiting for a sign of life of it", output, described(holder.get()));
                seen = now;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > beat.multipliedBy(4).toNanos() && take(holder)) {
                return;
            }
            sleep();
        }
    }

    private long lastSign() throws IOException {
        try {
            return files.getFileStatus(sign).getModificationTime();
        } catch (FileNotFoundException none) {
            return 0;
        }
    }

    private void sleep() throws IOException {
        try {
            Thread.sleep(Math.max(1, beat.toMillis() / 4));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while another run holds " + path, e);
        }
    }

    /**
     * Whether the output is this run's now; another run may have been quicker.
     *
     * @param ended whose it was, if anybody's
     */
    private boolean take(Optional<JsonNode> ended) throws IOException {
        if (ended.isPresent()) {
            if (!read().equals(ended)) {
                return false;
            }
            files.delete(path, false);
        }
        ObjectNode text = JsonNodeFactory.instance.objectNode();
        text.put("run", run);
        text.put("host", host());
        text.put("process", ProcessHandle.current().pid());
        text.put("processes", processes());
        try (OutputStream out = files.create(path, false)) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (FileAlreadyExistsException quicker) {
            return false;
        }
        return isMine();
    }

    private boolean isMine() throws IOException {
        return read().filter(holder -> holder.path("run").asText().equals(run)).isPresent();
    }

    private synchronized void show() {
        try {
            if (isMine()) {
                files.create(sign, true).close();
            }
        } catch (IOException e) {
            LOG.warn("could not write {}: {}", sign, e.toString());
        }
    }

    private Optional<JsonNode> read() throws IOException {
        try (InputStream in = files.open(path)) {
            return Optional.of(JSON.readTree(in));
        } catch (FileNotFoundException none) {
            return Optional.empty();
        } catch (JsonProcessingException | ChecksumException beingWritten) {
            return Optional.of(JsonNodeFactory.instance.objectNode());
        }
    }

    /** Certain only of a process that this one would see. */
    private static boolean hasEnded(JsonNode holder) {
        String processes = holder.path("processes").asText();
        return !processes.isEmpty()
                && processes.equals(processes())
                && ProcessHandle.of(holder.path("process").asLong())
                        .filter(ProcessHandle::isAlive)
                        .isEmpty();
    }

    /** A name for the processes that this one sees: the machine's start and its namespace; empty where it has none. */
    private static String processes() {
        try {
            return Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(NAMESPACE);
        } catch (IOException | UnsupportedOperationException notLinux) {
            return "";
        }
    }

    private static String described(JsonNode holder) {
        return " (" + holder.path("run").asText("of an unknown name") + ", process "
                + holder.path("process").asText("?") + " on "
                + holder.path("host").asText("?") + ")";
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "an unnamed host";
        }
    }
}
