package io.promptmill.udf.spark;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.hub.HubReference;
import io.promptmill.udf.hub.HubSettings;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.SafetensorsFolder;
import io.promptmill.udf.weights.SplitName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;

/**
 * Finds a job's model on this node. A reference is tried as: a path on this node; the name of a file shipped with the
 * job ({@code --files}); a path on the job's default filesystem. A reference with a scheme ({@code hdfs:}, {@code s3a:},
 * ...) is read from that Hadoop filesystem, one to the Hugging Face hub ({@code hf:}) from there, and kept in a cache
 * folder of the host. Thread-safe.
 */
public final class ModelResolver {
    /** Two letters at least, so that a Windows drive is not taken for a scheme. */
    private static final Pattern SCHEME = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]+:");

    private final Configuration hadoop;
    private final ModelCache cache;
    private final Supplier<HubSettings> hub;

    /** With the host's cache folder: {@code PROMPTMILL_CACHE}, or a folder of this user among the temporary files. */
    public ModelResolver(Configuration hadoop) {
        this(hadoop, ModelCache.ofHost());
    }

    ModelResolver(Configuration hadoop, ModelCache cache) {
        this(hadoop, cache, () -> HubSettings.of(System.getenv()));
    }

    /** @param hub is asked for where a reference is one to the hub */
    ModelResolver(Configuration hadoop, ModelCache cache, Supplier<HubSettings> hub) {
        this.hadoop = hadoop;
        this.cache = cache;
        this.hub = hub;
    }

    /**
     * True for a reference to the Hugging Face hub: one with {@code hf:}, and {@code organisation/name:QUANTISATION} where
     * no file on this node is called so.
     */
    public static boolean isOnHub(String reference) {
        return HubReference.hasScheme(reference)
                || (HubReference.isShort(reference) && !Files.exists(Path.of(reference)));
    }

    /**
     * What to give to other nodes in place of a reference to the hub, so that they all load the same files: the model's
     * address in the commit that is the newest now. Nothing is fetched but the list of files.
     *
     * @throws ModelFileException where there is no such model, no access to it, or no answer and no earlier one
     */
    public String pin(String reference) {
        return hubModels().find(HubReference.parse(reference)).reference().toString();
    }

    private HubModels hubModels() {
        return new HubModels(cache, hub.get());
    }

    /**
     * The model's place on this node, fetched first where it lies elsewhere. A split model's parts all come along, and so
     * do the files of a folder.
     *
     * @throws ModelFileException where it is not found or cannot be fetched; the message names the places searched
     */
    public ModelLocation resolve(String reference) {
        List<String> searched = new ArrayList<>();
        try {
            if (isOnHub(reference)) {
                return hubModels().resolve(HubReference.parse(reference));
            }
            if (isRemote(reference)) {
                return fetch(new org.apache.hadoop.fs.Path(reference), reference, searched);
            }
            Path local = local(reference);
            if (found(local, searched)) {
                return locate(local, reference);
            }
            if (!reference.startsWith("file:")) {
                Path shipped = shipped(reference, searched);
                if (shipped != null) {
                    return locate(shipped, reference);
                }
                org.apache.hadoop.fs.Path remote =
                        FileSystem.get(hadoop).makeQualified(new org.apache.hadoop.fs.Path(reference));
                if (!"file".equals(remote.toUri().getScheme())) {
                    return fetch(remote, reference, searched);
                }
            }
            throw missing(reference, searched);
        } catch (IOException | IllegalArgumentException failure) {
            throw new ModelFileException(
                    "model '" + reference + "' cannot be reached: " + failure.getMessage()
                            + "; check the address and that the filesystem's connector is on the class path",
                    failure);
        }
    }

    /**
     * The path on a node that a reference names, where it is none {@link #isOnHub to the hub}; empty for a URI of a Hadoop
     * filesystem. Whether anything is there is not looked at.
     *
     * @throws ModelFileException where it is neither a path nor a URI
     */
    public static Optional<Path> pathOf(String reference) {
        return isRemote(reference) ? Optional.empty() : Optional.of(local(reference));
    }

    private static boolean isRemote(String reference) {
        return SCHEME.matcher(reference).find() && !reference.startsWith("file:");
    }

    private static Path local(String reference) {
        try {
            return reference.startsWith("file:")
                    ? Path.of(new org.apache.hadoop.fs.Path(reference).toUri().getPath())
                    : Path.of(reference);
        } catch (InvalidPathException malformed) {
            throw new ModelFileException(
                    "model '" + reference + "' is not a path or URI: " + malformed.getReason() + "; correct it",
                    malformed);
        }
    }

    private static Path shipped(String reference, List<String> searched) {
        if (SparkEnv.get() == null || Path.of(reference).isAbsolute()) {
            return null;
        }
        Path path = Path.of(SparkFiles.get(reference));
        return found(path, searched) ? path : null;
    }

    private static boolean found(Path path, List<String> searched) {
        searched.add(path.toAbsolutePath().toString());
        return Files.exists(path);
    }

    private static ModelLocation locate(Path path, String reference) throws IOException {
        if (Files.isDirectory(path)) {
            return locateFolder(path, reference);
        }
        StringBuilder fingerprint = new StringBuilder();
        for (String name : SplitName.partsOf(path.getFileName().toString())) {
            Path part = path.resolveSibling(name);
            if (!Files.exists(part)) {
                throw new ModelFileException("model '" + reference + "' is split and its part " + part.toAbsolutePath()
                        + " is missing; put all parts into one folder");
            }
            fingerprint
                    .append(Files.size(part))
                    .append('@')
                    .append(Files.getLastModifiedTime(part))
                    .append(' ');
        }
        return new ModelLocation(path.toRealPath(), fingerprint.toString());
    }

    private static ModelLocation locateFolder(Path path, String reference) throws IOException {
        if (!SafetensorsFolder.isModel(path) && !LoraAdapter.isAdapter(path)) {
            throw new ModelFileException("model '" + reference + "' is a folder, " + path.toAbsolutePath()
                    + ", without config.json; name the model file in it, or a folder with config.json and safetensors"
                    + " files");
        }
        StringBuilder fingerprint = new StringBuilder();
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = file.getFileName().toString();
                if (SafetensorsFolder.isPart(name)) {
                    fingerprint
                            .append(name)
                            .append(' ')
                            .append(Files.size(file))
                            .append('@')
                            .append(Files.getLastModifiedTime(file))
                            .append(' ');
                }
            }
        }
        return new ModelLocation(path.toRealPath(), fingerprint.toString());
    }

    private ModelLocation fetch(org.apache.hadoop.fs.Path remote, String reference, List<String> searched)
            throws IOException {
        searched.add(remote.toString());
        return cache.fetch(remote, hadoop).orElseThrow(() -> missing(reference, searched));
    }

    private static ModelFileException missing(String reference, List<String> searched) {
        return new ModelFileException("model '" + reference + "' is not found; searched: " + String.join(", ", searched)
                + "; give a path that every node has, a URI such as hdfs:///models/name.gguf"
                + " or hf://organisation/name/file.gguf, or the name of a file shipped with --files");
    }
}
