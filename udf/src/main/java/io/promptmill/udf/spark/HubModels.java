package io.promptmill.udf.spark;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.hub.FetchedFile;
import io.promptmill.udf.hub.Hub;
import io.promptmill.udf.hub.HubReference;
import io.promptmill.udf.hub.HubSettings;
import io.promptmill.udf.hub.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of the Hugging Face hub in this host's cache. What a reference stands for is kept there, too: that of one which
 * names a commit is not asked for again, that of another is what remains when the hub does not answer. Thread-safe.
 */
final class HubModels {
    private static final Logger LOG = LoggerFactory.getLogger(HubModels.class);

    private final ModelCache cache;
    private final HubSettings settings;

    HubModels(ModelCache cache, HubSettings settings) {
        this.cache = cache;
        this.settings = settings;
    }

    /**
     * The model's place on this node, fetched first where it is not here.
     *
     * @throws ModelFileException where there is none, no access to it, or no answer and no copy
     */
    ModelLocation resolve(HubReference reference) {
        Snapshot snapshot = find(reference);
        String identity = snapshot.identity();
        CachedModel entry = cache.entry(snapshot.name(), identity);
        cache.fill(entry, snapshot.reference().toString(), () -> {
            entry.reopen();
            entry.complete(hub().download(snapshot, entry.folder()).stream()
                    .map(HubModels::part)
                    .toList());
        });
        Path path = snapshot.folder() ? entry.folder() : entry.folder().resolve(snapshot.name());
        return new ModelLocation(path, identity);
    }

    /**
     * What a reference stands for now.
     *
     * @throws ModelFileException as {@link #resolve}
     */
    Snapshot find(HubReference reference) {
        Optional<Snapshot> kept = read(reference);
        if (kept.isPresent() && reference.isPinned()) {
            return kept.get();
        }
        Snapshot found;
        try {
            found = hub().find(reference, kept.isPresent());
        } catch (IOException failure) {
            if (kept.isEmpty()) {
                throw hub().unreachable(reference, failure);
            }
            LOG.warn(
                    "the hub does not answer ({}); model '{}' is taken as it was: {}",
                    failure.getMessage(),
                    reference,
                    kept.get().reference());
            return kept.get();
        }
        write(reference, found);
        write(found.reference(), found);
        return found;
    }

    private Hub hub() {
        return new Hub(settings, new TaskWait(TaskContext.get())::sleep);
    }

    private static CachedModel.Part part(FetchedFile file) {
        return new CachedModel.Part(file.name(), file.length(), file.sha256());
    }

    private Path recordOf(HubReference reference) {
        byte[] name = (settings.endpoint() + "\n" + reference).getBytes(StandardCharsets.UTF_8);
        return cache.folder()
                .resolve("hub-"
                        + HexFormat.of().formatHex(RowIds.sha256().digest(name)).substring(0, 32) + ".txt");
    }

    private Optional<Snapshot> read(HubReference reference) {
        Path file = recordOf(reference);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Optional<Snapshot> kept = Optional.empty();
        try {
            kept = Snapshot.parse(Files.readAllLines(file, StandardCharsets.UTF_8));
        } catch (IOException failure) {
            LOG.debug("{} cannot be read", file, failure);
        }
        if (kept.isEmpty()) {
            LOG.warn("{} is damaged; the hub is asked again what '{}' is", file, reference);
        }
        return kept;
    }

    /** Whole or not at all; of two that write at once, both are right. */
    private void write(HubReference reference, Snapshot snapshot) {
        try {
            cache.createFolder();
            Path temporary = Files.createTempFile(cache.folder(), "hub-", ".tmp");
            Files.write(temporary, snapshot.lines(), StandardCharsets.UTF_8);
            Files.move(temporary, recordOf(reference), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw new ModelFileException(
                    "model '" + reference + "' cannot be kept in " + cache.folder() + ": " + failure
                            + "; free space there, or set PROMPTMILL_CACHE to another folder",
                    failure);
        }
    }
}
