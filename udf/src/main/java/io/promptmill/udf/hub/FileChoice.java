package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.weights.SplitName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the files that a reference means among those of its repository. */
final class FileChoice {
    private static final String GGUF = ".gguf";
    private static final String WEIGHTS = ".safetensors";
    private static final String CONFIGURATION = "config.json";
    private static final String INDEX = "model.safetensors.index.json";
    private static final Set<String> COMPANIONS = Set.of(
            CONFIGURATION,
            INDEX,
            "tokenizer.json",
            "tokenizer_config.json",
            "generation_config.json",
            "chat_template.jinja");

    /** What GGUF files are called that are no language models, or parts of speculative decoding. */
    private static final Pattern NO_MODEL = Pattern.compile("mmproj|imatrix|mtp-|eagle3-|dflash-|dspark-");

    private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");
    private static final int MOST_NAMED = 40;

    private final HubReference reference;
    private final Map<String, RemoteFile> files = new LinkedHashMap<>();

    FileChoice(HubReference reference, List<RemoteFile> listed) {
        this.reference = reference;
        listed.forEach(file -> files.put(file.path(), file));
    }

    /**
     * The files that the reference means in a commit.
     *
     * @throws ModelFileException where it means none, or several models; the message lists what there is
     */
    Snapshot at(String commit) {
        if (reference.quantisation() != null) {
            return file(quantised(), commit);
        }
        if (reference.path().isEmpty() || isFolder(reference.path())) {
            return folder(commit);
        }
        RemoteFile file = files.get(reference.path());
        if (file == null) {
            throw new ModelFileException("model '" + reference + "': the repository has no file '" + reference.path()
                    + "'; " + NearestName.hint(reference.path(), likely(reference.path())) + inventory());
        }
        if (!isGguf(file.path())) {
            throw new ModelFileException("model '" + reference + "': '" + file.path()
                    + "' is no model by itself; name a GGUF file, or the folder with " + CONFIGURATION
                    + " and safetensors files. " + inventory());
        }
        return file(file, commit);
    }

    private boolean isFolder(String path) {
        return files.keySet().stream().anyMatch(name -> name.startsWith(path + "/"));
    }

    private static boolean isGguf(String path) {
        return path.toLowerCase(Locale.ROOT).endsWith(GGUF);
    }

    /** Names of the same ending: the distance to every name of a large repository would take long. */
    private List<String> likely(String path) {
        String ending = path.substring(path.lastIndexOf('.') + 1);
        return files.keySet().stream()
                .filter(name -> name.endsWith(ending))
                .limit(1000)
                .toList();
    }

    private Snapshot file(RemoteFile file, String commit) {
        String folder = file.folder().isEmpty() ? "" : file.folder() + "/";
        List<RemoteFile> parts = new ArrayList<>();
        for (String name : SplitName.partsOf(file.name())) {
            RemoteFile part = files.get(folder + name);
            if (part == null) {
                throw new ModelFileException("model '" + reference + "' is split and its part " + folder + name
                        + " is not in the repository; take another file. " + inventory());
            }
            parts.add(part);
        }
        return new Snapshot(reference.at(commit, file.path()), false, parts);
    }

    private RemoteFile quantised() {
        // Q4_K is not in Q4_K_M, nor F16 in BF16; both are beside a dot, a hyphen or the end.
        Pattern word = Pattern.compile(
                "(?<![A-Za-z0-9])" + Pattern.quote(reference.quantisation()) + "(?![A-Za-z0-9_])",
                Pattern.CASE_INSENSITIVE);
        List<RemoteFile> named = models(file -> word.matcher(file.name()).find());
        List<RemoteFile> found =
                named.isEmpty() ? models(file -> word.matcher(file.folder()).find()) : named;
        if (found.size() != 1) {
            throw new ModelFileException("model '" + reference + "': the repository has "
                    + (found.isEmpty() ? "no GGUF file" : found.size() + " GGUF files") + " with '"
                    + reference.quantisation() + "' in the name; "
                    + (found.isEmpty() ? inventory() : "name one of them: " + names(found)));
        }
        return found.get(0);
    }

    /** GGUF files of language models; of a split one the first part. */
    private List<RemoteFile> models(Predicate<RemoteFile> condition) {
        return files.values().stream()
                .filter(file -> isGguf(file.path())
                        && !NO_MODEL.matcher(file.name().toLowerCase(Locale.ROOT))
                                .find()
                        && SplitName.partsOf(file.name()).get(0).equals(file.name()))
                .filter(condition)
                .toList();
    }

    private Snapshot folder(String commit) {
        List<RemoteFile> here = files.values().stream()
                .filter(file -> file.folder().equals(reference.path()))
                .toList();
        List<RemoteFile> weights = weights(here);
        boolean configured = here.stream().anyMatch(file -> file.name().equals(CONFIGURATION));
        if (configured && !weights.isEmpty()) {
            List<RemoteFile> taken = new ArrayList<>(here.stream()
                    .filter(file -> COMPANIONS.contains(file.name()))
                    .toList());
            taken.addAll(weights);
            return new Snapshot(reference.at(commit, reference.path()), true, taken);
        }
        List<RemoteFile> models =
                models(file -> reference.path().isEmpty() || file.path().startsWith(reference.path() + "/"));
        if (models.size() == 1) {
            return file(models.get(0), commit);
        }
        throw new ModelFileException("model '" + reference + "': "
                + (models.isEmpty()
                        ? "expected a GGUF file, or " + CONFIGURATION + " and safetensors files in one folder; "
                                + inventory()
                        : "which of its GGUF files is meant? Add one's quantisation to the name (:Q4_K_M) or its path: "
                                + names(models)));
    }

    /** Beside the weights under their usual names some repositories hold them a second time in other forms. */
    private static List<RemoteFile> weights(List<RemoteFile> here) {
        List<RemoteFile> all =
                here.stream().filter(file -> file.name().endsWith(WEIGHTS)).toList();
        boolean sharded = here.stream().anyMatch(file -> file.name().equals(INDEX));
        List<RemoteFile> usual = all.stream()
                .filter(file -> sharded
                        ? SHARD.matcher(file.name()).matches()
                        : file.name().equals("model" + WEIGHTS))
                .toList();
        return usual.isEmpty() ? all : usual;
    }

    private String inventory() {
        List<RemoteFile> models = models(file -> true);
        return models.isEmpty() ? "it holds " + names(List.copyOf(files.values())) : "its GGUF files: " + names(models);
    }

    private static String names(List<RemoteFile> listed) {
        String names = listed.stream().limit(MOST_NAMED).map(RemoteFile::path).collect(Collectors.joining(", "));
        return listed.isEmpty()
                ? "nothing"
                : names + (listed.size() > MOST_NAMED ? " and " + (listed.size() - MOST_NAMED) + " more" : "");
    }
}
