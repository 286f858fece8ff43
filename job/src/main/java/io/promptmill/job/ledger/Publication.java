package io.promptmill.job.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Moves complete rows to the output path, file by file, by a plan that is written down first: a run that finds a plan which
 * was not carried out goes on with it, so a publication is done once, whenever its driver ended. Until it is done, the path
 * has no {@code _SUCCESS}. Used by one thread of the driver.
 */
public final class Publication {
    private static final String KIND = "publication";
    private static final String DONE = "done";
    private static final String SUCCESS = "_SUCCESS";

    /**
     * What is published.
     *
     * @param contents of the input that the rows were made of, as text
     * @param batch of a stream, or null
     * @param files of this publication, below the output path
     */
    public record Published(String contents, Long batch, List<String> files) {}

    private final FileSystem files;
    private final LedgerFolder folder;
    private final Journal journal;

    /** @param output the output path, qualified */
    public Publication(Path output, Configuration hadoop) throws IOException {
        this.files = output.getFileSystem(hadoop);
        this.folder = new LedgerFolder(output.toString());
        this.journal = new Journal(files, folder.journal());
    }

    /** Where a stream remembers which files it has taken. */
    public Path checkpoint() {
        return new Path(folder.root(), "checkpoint");
    }

    /** An empty place for the rows of a run until they are published. */
    public Path stage(String run) throws IOException {
        Path stage = new Path(folder.publications(), run);
        files.delete(stage, true);
        return stage;
    }

    /** What the path holds: the rows of the last publication, which is brought to its end where it was not. */
    public Optional<Published> recover() throws IOException {
        Optional<ObjectNode> latest = journal.latest(KIND);
        if (latest.isPresent() && !latest.get().path(DONE).asBoolean()) {
            carryOut(latest.get());
        }
        // What has no plan was not complete.
        files.delete(folder.publications(), true);
        return latest.map(plan -> new Published(
                plan.path("contents").asText(),
                plan.hasNonNull("batch") ? plan.path("batch").asLong() : null,
                texts(plan.path("files"))));
    }

    /** True where all files of the last publication are still there. */
    public boolean isWhole(Published published) throws IOException {
        for (String name : published.files()) {
            if (!files.exists(new Path(folder.output(), name))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Publishes what a stage holds.
     *
     * @param contents of the input, see {@link Published}
     * @param batch of a stream, whose rows are added to those that are there; null: they take the place of those
     */
    public void publish(Path stage, String contents, Long batch) throws IOException {
        ObjectNode plan = JsonNodeFactory.instance.objectNode();
        plan.put(DONE, false);
        plan.put("contents", contents);
        plan.put("batch", batch);
        plan.put("stage", stage.getName());
        Map<String, String> moves = moves(stage);
        moves.forEach(plan.putObject("moves")::put);
        if (batch == null) {
            List<String> before = journal.latest(KIND)
                    .map(latest -> texts(latest.path("files")))
                    .orElse(List.of());
            before.forEach(plan.putArray("removed")::add);
        }
        moves.values().forEach(plan.putArray("files")::add);
        journal.add(KIND, plan);
        carryOut(plan);
    }

    /** Puts a text beside the rows, in place of the one of that name. */
    public void attach(String name, String text) throws IOException {
        try (OutputStream out = files.create(new Path(folder.output(), name), true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The files of a stage by what they are called at the output path. */
    private Map<String, String> moves(Path stage) throws IOException {
        Map<String, String> moves = new LinkedHashMap<>();
        for (String name : PartFiles.below(files, stage)) {
            moves.put(name, name);
        }
        return moves;
    }

    /** Every step of it may have been done before. */
    private void carryOut(ObjectNode plan) throws IOException {
        Path output = new Path(folder.output());
        Path stage = new Path(folder.publications(), plan.path("stage").asText());
        files.delete(new Path(output, SUCCESS), false);
        for (String name : texts(plan.path("removed"))) {
            files.delete(new Path(output, name), false);
        }
        var moves = plan.path("moves").fields();
        while (moves.hasNext()) {
            Map.Entry<String, JsonNode> move = moves.next();
            move(
                    new Path(stage, move.getKey()),
                    new Path(output, move.getValue().asText()));
        }
        files.create(new Path(output, SUCCESS), true).close();
        plan.put(DONE, true);
        journal.add(KIND, plan);
        files.delete(stage, true);
    }

    private void move(Path from, Path to) throws IOException {
        if (!files.exists(from)) {
            if (files.exists(to)) {
                return;
            }
            throw new IOException("neither " + from + " nor " + to + " is there; the rows are in " + folder.steps()
                    + ", remove " + folder.journal() + " to publish them anew");
        }
        files.mkdirs(to.getParent());
        // Where a filesystem copies to rename, an earlier copy may not be whole.
        files.delete(to, false);
        if (!files.rename(from, to)) {
            throw new IOException("could not rename " + from + " to " + to);
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
