package io.promptmill.udf.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The safetensors files of a model folder, mapped: one, or the shards that {@code model.safetensors.index.json} names.
 * Thread-safe.
 */
final class SafetensorsFiles implements AutoCloseable {
    static final String ENDING = ".safetensors";
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final int MAXIMUM_INDEX_BYTES = 32 << 20;
    private static final int MAXIMUM_SHARDS = 10_000;
    private static final String REMEDY = ". Download all files of the model again, from one place";

    private final List<MappedBytes> files = new ArrayList<>();
    private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();

    private SafetensorsFiles() {}

    /**
     * Maps the files of {@code folder} and reads their headers.
     *
     * @param windowBytes bytes of a window of the mappings
     * @throws ModelFileException where there are none, one is missing or damaged, or the index contradicts them
     */
    static SafetensorsFiles open(Path folder, int windowBytes) {
        SafetensorsFiles opened = new SafetensorsFiles();
        try {
            if (Files.exists(folder.resolve(INDEX))) {
                opened.addShards(folder, windowBytes);
            } else {
                opened.add(single(folder), windowBytes);
            }
            return opened;
        } catch (RuntimeException | Error failure) {
            opened.close();
            throw failure;
        }
    }

    /** All tensors by name, file by file. */
    Map<String, SafetensorsTensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    private void addShards(Path folder, int windowBytes) {
        Path index = folder.resolve(INDEX);
        Map<String, String> shardOf = weightMap(index);
        for (String shard : new TreeSet<>(shardOf.values())) {
            Path path = folder.resolve(shard);
            if (!Files.exists(path)) {
                throw new ModelFileException(path + ": no such file; " + index
                        + " names it, and a model needs all its shards. Download this one too");
            }
            for (String name : add(path, windowBytes)) {
                if (!shard.equals(shardOf.get(name))) {
                    throw new ModelFileException(path + ": has tensor " + Quoted.of(name) + ", which " + index
                            + (shardOf.containsKey(name) ? " expects in " + shardOf.get(name) : " does not name")
                            + REMEDY);
                }
            }
        }
        for (Map.Entry<String, String> expected : shardOf.entrySet()) {
            if (!tensors.containsKey(expected.getKey())) {
                throw new ModelFileException(folder.resolve(expected.getValue()) + ": tensor "
                        + Quoted.of(expected.getKey()) + " is missing, which " + index + " expects there" + REMEDY);
            }
        }
    }

    private Set<String> add(Path path, int windowBytes) {
        MappedBytes bytes = MappedBytes.open(path, windowBytes);
        files.add(bytes);
        Map<String, SafetensorsTensor> read = SafetensorsHeader.read(path.toString(), bytes);
        read.forEach((name, tensor) -> {
            SafetensorsTensor before = tensors.put(name, tensor);
            if (before != null) {
                throw new ModelFileException(path + ": tensor " + Quoted.of(name) + " is in " + before.source()
                        + " as well; expected it once" + REMEDY);
            }
        });
        return read.keySet();
    }

    /** The shard that the index expects each tensor in. */
    private static Map<String, String> weightMap(Path index) {
        if (!(HubJson.read(index, MAXIMUM_INDEX_BYTES).get("weight_map") instanceof ObjectNode map) || map.isEmpty()) {
            throw new ModelFileException(index + ": key 'weight_map' is not an object with entries" + REMEDY);
        }
        Map<String, String> shardOf = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String shard = entry.getValue().asText();
            if (!isPlainName(shard) || !shard.endsWith(ENDING)) {
                throw new ModelFileException(index + ": tensor " + Quoted.of(entry.getKey()) + " is in file "
                        + Quoted.of(shard) + "; expected the name of a " + ENDING + " file in this folder" + REMEDY);
            }
            shardOf.put(entry.getKey(), shard);
        }
        if (new TreeSet<>(shardOf.values()).size() > MAXIMUM_SHARDS) {
            throw new ModelFileException(
                    index + ": names more than " + MAXIMUM_SHARDS + " files, more than any model needs" + REMEDY);
        }
        return shardOf;
    }

    /** Names only, so that an index cannot lead out of its folder. */
    private static boolean isPlainName(String name) {
        return name.chars().allMatch(unit -> unit > ' ' && unit < 0x7F && "/\\:".indexOf(unit) < 0);
    }

    private static Path single(Path folder) {
        Path named = folder.resolve(SINGLE);
        if (Files.exists(named)) {
            return named;
        }
        List<String> names = names(folder);
        List<String> candidates =
                names.stream().filter(name -> name.endsWith(ENDING)).toList();
        if (candidates.size() == 1) {
            return folder.resolve(candidates.get(0));
        }
        if (candidates.size() > 1) {
            throw new ModelFileException(folder + ": has " + candidates.size() + " files such as " + candidates.get(0)
                    + ", but neither " + SINGLE + " nor " + INDEX + ", which says how they belong together."
                    + " Download the index too");
        }
        throw new ModelFileException(folder + ": has no " + ENDING + " file" + instead(names));
    }

    private static String instead(List<String> names) {
        String found = names.stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).matches(".*\\.(bin|pt|pth|ckpt|pkl)"))
                .findFirst()
                .orElse(null);
        if (found != null) {
            return "; " + found + " looks like a pickle, which can run code when it is read and is never opened."
                    + " Use a version of the model in safetensors or GGUF";
        }
        return names.stream()
                .filter(name -> name.endsWith(".gguf"))
                .findFirst()
                .map(name -> ". Name the file in it, such as " + name)
                .orElse(". Download the model's weights too");
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException failure) {
            throw new ModelFileException(
                    folder + ": cannot be listed (" + failure + "). Check the permissions of the folder", failure);
        }
    }

    /** Reading from a tensor afterwards throws {@link IllegalStateException}. */
    @Override
    public void close() {
        files.forEach(MappedBytes::close);
    }
}
