package io.promptmill.udf.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the small GGUF models of the tests as folders that Hugging Face transformers would have saved: the reverse of
 * what the engine does, written from the modules of transformers.
 */
public final class HubFolderWriter {
    private final GgufFile gguf;
    private final Map<String, Object> keys;
    private final String architecture;
    private final BlockFormat format;

    /**
     * @param gguf a model whose tensors are all F32
     * @param format of the weights that are written
     */
    public HubFolderWriter(Path gguf, BlockFormat format) {
        this.gguf = GgufFile.open(gguf);
        this.keys = keys(gguf);
        this.architecture = text("general.architecture");
        this.format = format;
    }

    /** All pairs of a GGUF file. */
    static Map<String, Object> keys(Path gguf) {
        MappedBytes bytes = MappedBytes.open(gguf, MappedBytes.WINDOW_BYTES);
        HeaderCursor cursor = new HeaderCursor(gguf.toString(), bytes);
        cursor.readInt("magic");
        cursor.readInt("version");
        cursor.readLong("tensors");
        MetadataReader reader = new MetadataReader(cursor);
        return reader.readPairs(reader.readKeyCount());
    }

    /** The model in {@code folder} with the vocabulary of the GGUF file, which a folder keeps in its {@code tokenizer.json}. */
    public ModelFile withVocabulary(Path folder) {
        SafetensorsFolder file = SafetensorsFolder.open(folder);
        HubConfig config = HubConfig.read(folder.resolve("config.json"));
        HubFamily family = HubFamilies.of(config);
        HubKeys all = new HubKeys(config.withDefaults(family.defaults()), family.architecture());
        family.keys().accept(all);
        keys.forEach((key, value) -> {
            if (key.startsWith("tokenizer.")) {
                all.values().put(key, value);
            }
        });
        return new WithMetadata(file, new Metadata(folder.toString(), all.values()));
    }

    private record WithMetadata(ModelFile file, Metadata metadata) implements ModelFile {
        @Override
        public Map<String, TensorInfo> tensors() {
            return file.tensors();
        }

        @Override
        public Matrix matrix(String name, int rows, int columns) {
            return file.matrix(name, rows, columns);
        }

        @Override
        public Matrix[] matrices(String name, int count, int rows, int columns) {
            return file.matrices(name, count, rows, columns);
        }

        @Override
        public float[] vector(String name, int length) {
            return file.vector(name, length);
        }

        @Override
        public void close() {
            file.close();
        }
    }

    public String architecture() {
        return architecture;
    }

    /** True where models of this kind are known here. */
    public boolean isKnown() {
        return HubNames.knows(architecture);
    }

    /** Writes the folder; with more than one shard, tensors are dealt out in turn and the index says where they are. */
    public Path writeTo(Path folder, int shards) {
        List<SafetensorsWriter> writers = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            writers.add(new SafetensorsWriter());
        }
        int dealt = 0;
        for (String name : gguf.tensors().keySet()) {
            // Transformers computes these from the configuration.
            if (!name.startsWith("rope_f")) {
                for (Stored tensor : stored(name)) {
                    writers.get(dealt++ % shards).tensor(tensor.name(), format, tensor.values(), tensor.shape());
                }
            }
        }
        writers.get(0)
                .tensor("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", new byte[8], List.of(2L))
                .tensor("h.0.attn.bias", "BOOL", new byte[4], List.of(1L, 1L, 2L, 2L))
                .tensor("h.0.attn.masked_bias", "F32", new byte[4], List.of());
        Map<String, String> weightMap = new LinkedHashMap<>();
        for (int shard = 0; shard < shards; shard++) {
            String file = shards == 1
                    ? "model.safetensors"
                    : String.format("model-%05d-of-%05d.safetensors", shard + 1, shards);
            writers.get(shard).writeTo(folder.resolve(file));
            writers.get(shard).names().forEach(name -> weightMap.put(name, file));
        }
        if (shards > 1) {
            json(folder.resolve("model.safetensors.index.json"), Map.of("weight_map", weightMap));
        }
        return json(folder.resolve("config.json"), config()).getParent();
    }

    static Path json(Path path, Object value) {
        try {
            Files.write(path, new ObjectMapper().writeValueAsBytes(value));
            return path;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** What must be read back for a tensor of the GGUF file, after the rounding of the weights' format. */
    float[] expected(String name) {
        float[] values = values(name);
        boolean lessOne = isLessOne(name);
        for (int i = 0; lessOne && i < values.length; i++) {
            values[i] -= 1;
        }
        byte[] bytes = SafetensorsWriter.encode(format, values);
        ScalarBlockDecoders.of(format).decode(bytes, 0, values, 0, values.length);
        for (int i = 0; lessOne && i < values.length; i++) {
            values[i] += 1;
        }
        return values;
    }

    private record Stored(String name, float[] values, List<Long> shape) {}

    private List<Stored> stored(String name) {
        List<Long> shape = gguf.tensors().get(name).shape();
        float[] values = values(name);
        String stored = HubNames.of(variant(), name);
        if (stored.contains("#")) {
            List<Stored> experts = new ArrayList<>();
            int each = Math.toIntExact(shape.get(1) * shape.get(2));
            for (int expert = 0; expert < shape.get(0); expert++) {
                float[] part = new float[each];
                System.arraycopy(values, expert * each, part, 0, each);
                experts.add(new Stored(stored.replace("#", String.valueOf(expert)), part, shape.subList(1, 3)));
            }
            return experts;
        }
        if (isLessOne(name)) {
            for (int i = 0; i < values.length; i++) {
                values[i] -= 1;
            }
        }
        if (name.contains("ffn_gate_inp_shexp")) {
            shape = List.of(1L, shape.get(0));
        } else if (architecture.equals("gpt2") && name.matches(".*(attn_qkv|attn_output|ffn_up|ffn_down).weight")) {
            values = transposed(values, Math.toIntExact(shape.get(0)));
            shape = List.of(shape.get(1), shape.get(0));
        } else if (List.of("llama", "granite", "smollm3").contains(architecture)
                && name.matches(".*\\.attn_[qk]\\.(weight|bias)")) {
            values = halves(values, Math.toIntExact(shape.get(0)), name.contains("_q.") ? heads() : kvHeads());
        } else if (List.of("gptneox", "falcon").contains(architecture) && name.contains(".attn_qkv.")) {
            values = grouped(values, Math.toIntExact(shape.get(0)), kvHeads());
        }
        return List.of(new Stored(stored, values, shape));
    }

    private static float[] transposed(float[] values, int rows) {
        int columns = values.length / rows;
        float[] result = new float[values.length];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                result[column * rows + row] = values[row * columns + column];
            }
        }
        return result;
    }

    /** As {@code permute} in transformers' {@code convert_llama_weights_to_hf.py}. */
    private static float[] halves(float[] values, int rows, int heads) {
        int columns = values.length / rows;
        int size = rows / heads;
        float[] result = new float[values.length];
        for (int head = 0; head < heads; head++) {
            for (int pair = 0; pair < size / 2; pair++) {
                for (int member = 0; member < 2; member++) {
                    int from = head * size + 2 * pair + member;
                    int to = head * size + member * size / 2 + pair;
                    System.arraycopy(values, from * columns, result, to * columns, columns);
                }
            }
        }
        return result;
    }

    /** For each group its queries, its key and its value, as {@code _split_heads} in the modules expects them. */
    private float[] grouped(float[] values, int rows, int groups) {
        int columns = values.length / rows;
        int size = integer("embedding_length") / heads();
        int[] order = new int[rows / size];
        int next = 0;
        for (int group = 0; group < groups; group++) {
            for (int query = 0; query < heads() / groups; query++) {
                order[next++] = group * (heads() / groups) + query;
            }
            order[next++] = heads() + group;
            order[next++] = heads() + groups + group;
        }
        float[] result = new float[values.length];
        for (int head = 0; head < order.length; head++) {
            System.arraycopy(values, order[head] * size * columns, result, head * size * columns, size * columns);
        }
        return result;
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>();
        HubConfigs.fill(config, architecture, keys, gguf.has("output.weight"));
        return config;
    }

    private boolean isLessOne(String name) {
        return architecture.startsWith("gemma") && name.endsWith("_norm.weight");
    }

    private String variant() {
        return gguf.has("blk.0.attn_norm_2.weight") ? "falcon-new" : architecture;
    }

    private int heads() {
        return integer("attention.head_count");
    }

    private int kvHeads() {
        return integer("attention.head_count_kv");
    }

    private int integer(String key) {
        return Math.toIntExact((Long) keys.get(architecture + "." + key));
    }

    private String text(String key) {
        return (String) keys.get(key);
    }

    private float[] values(String name) {
        TensorInfo info = gguf.tensors().get(name);
        int count = Math.toIntExact(info.values());
        byte[] bytes = new byte[4 * count];
        List<Long> shape = info.shape();
        int columns = Math.toIntExact(shape.get(shape.size() - 1));
        if (shape.size() == 1) {
            return gguf.vector(name, columns);
        }
        Matrix[] parts = shape.size() == 2
                ? new Matrix[] {gguf.matrix(name, count / columns, columns)}
                : gguf.matrices(name, Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)), columns);
        float[] values = new float[count];
        int done = 0;
        for (Matrix part : parts) {
            part.readRows(0, part.rows(), bytes);
            ScalarBlockDecoders.of(BlockFormat.F32).decode(bytes, 0, values, done, count / parts.length);
            done += count / parts.length;
        }
        return values;
    }
}
