package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The Hugging Face hub, or a server that is like it. Thread-safe as far as the {@link Waiting} it is given is. */
public final class Hub {
    private final HubSettings settings;
    private final Waiting waiting;

    public Hub(HubSettings settings, Waiting waiting) {
        this.settings = settings;
        this.waiting = waiting;
    }

    /**
     * The files that a reference means now.
     *
     * @param dispensable whether there is an older answer to go on with, so that one is not waited for long
     * @throws IOException where the hub does not answer
     * @throws ModelFileException where it does, and there is no such model or no access to it
     */
    public Snapshot find(HubReference reference, boolean dispensable) throws IOException {
        HubSettings patient = dispensable ? settings.with(settings.patience().brief()) : settings;
        FileListing listing = new FileListing(reference, patient, new HubConnection(patient, waiting), waiting);
        String commit = listing.commit();
        return new FileChoice(reference, listing.files(commit)).at(commit);
    }

    /**
     * Brings a model's files into a folder, where some of them, or the beginning of one, may be already.
     *
     * @param folder that is there, and is used by nobody else meanwhile
     * @throws ModelFileException where they cannot be had unharmed; nothing half-written has the name of a whole file
     */
    public List<FetchedFile> download(Snapshot snapshot, Path folder) {
        HubConnection connection = new HubConnection(settings, waiting);
        HubReference reference = snapshot.reference();
        HubStatus status = new HubStatus(reference, settings);
        List<FetchedFile> fetched = new ArrayList<>();
        try {
            requireSpace(snapshot, folder);
            for (RemoteFile file : snapshot.files()) {
                fetched.add(new FileDownload(
                                file,
                                FileListing.content(settings, reference, file),
                                connection,
                                status,
                                settings.patience(),
                                waiting)
                        .into(folder));
            }
        } catch (IOException failure) {
            throw unreachable(reference, failure);
        }
        return fetched;
    }

    /** What to tell a user where the hub did not answer and there is nothing to go on with. */
    public ModelFileException unreachable(HubReference reference, IOException failure) {
        return new ModelFileException(
                "model '" + reference + "' cannot be fetched from " + settings.endpoint() + ": " + Words.of(failure)
                        + "; run again when the network is there (what came is kept), behind a proxy with"
                        + " -Dhttps.proxyHost and -Dhttps.proxyPort in the JVM's options, or set HF_ENDPOINT to a mirror",
                failure);
    }

    private static void requireSpace(Snapshot snapshot, Path folder) throws IOException {
        long needed = 0;
        for (RemoteFile file : snapshot.files()) {
            needed +=
                    file.size() - present(folder.resolve(file.name())) - present(folder.resolve(file.name() + ".part"));
        }
        long usable = Files.getFileStore(folder).getUsableSpace();
        if (usable < needed) {
            throw new ModelFileException("model '" + snapshot.reference() + "' needs " + needed + " more bytes in "
                    + folder + ", where " + usable
                    + " are free; free space or set PROMPTMILL_CACHE to another folder");
        }
    }

    private static long present(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}
