package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.Matrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model as it is published on the Hugging Face hub: a folder with {@code config.json}, weights in safetensors files and
 * {@code tokenizer.json}. It gives the metadata and tensors that a conversion of the model to GGUF would hold, under the
 * same names, and with rows in the same order, without converting: files are mapped, and rows are put in order as they
 * are read. Thread-safe.
 *
 * <p>Two things are held in memory: what no file holds, such as factors of rotary frequencies, and, while a matrix taken
 * from here is in use, linear layers that are stored transposed (GPT-2).
 */
public final class SafetensorsFolder implements ModelFile {
    /** The file that makes a folder one of these. */
    public static final String CONFIG = "config.json";

    private static final String TOKENIZER = "tokenizer.json";
    private static final List<String> NAMES_OF_PARTS = List.of(SafetensorsFiles.ENDING, ".json", ".jinja", ".model");

    private final Path folder;
    private final SafetensorsFiles files;
    private final Metadata metadata;
    private final Map<String, FolderTensor> stored;
    private final Map<String, TensorInfo> tensors;

    private SafetensorsFolder(Path folder, SafetensorsFiles files, HubConfig config, HubFamily family) {
        this.folder = folder;
        this.files = files;
        this.stored = FolderTensors.of(files.tensors(), config, family);
        Map<String, TensorInfo> infos = new LinkedHashMap<>();
        stored.forEach((name, tensor) -> infos.put(name, tensor.info()));
        this.tensors = Collections.unmodifiableMap(infos);
        HubKeys keys = new HubKeys(config, family.architecture());
        family.keys().accept(keys);
        Map<String, Object> values = new LinkedHashMap<>(keys.values());
        values.put("general.name", name(folder));
        this.metadata = new Metadata(folder.toString(), values);
    }

    /**
     * Opens the model in {@code folder}; its files may be symbolic links.
     *
     * @throws ModelFileException where a file is missing, unreadable or damaged, or the model is of a kind or in a form
     *     that this engine does not read
     */
    public static SafetensorsFolder open(Path folder) {
        return open(folder, MappedBytes.WINDOW_BYTES);
    }

    /**
     * As {@link #open(Path)}.
     *
     * @param windowBytes bytes of a window of the mappings
     */
    static SafetensorsFolder open(Path folder, int windowBytes) {
        HubConfig read = HubConfig.read(folder.resolve(CONFIG));
        HubFamily family = HubFamilies.of(read);
        HubConfig config = read.withDefaults(family.defaults());
        refuseQuantised(config);
        SafetensorsFiles files = SafetensorsFiles.open(folder, windowBytes);
        try {
            return new SafetensorsFolder(folder, files, config, family);
        } catch (RuntimeException | Error failure) {
            files.close();
            throw failure;
        }
    }

    /** True where {@code path} is a folder with a {@code config.json}. */
    public static boolean isModel(Path path) {
        return Files.isDirectory(path) && Files.exists(path.resolve(CONFIG));
    }

    /**
     * True for the names of files that a model in such a folder may need. Pickles are not among them, nor a second copy of
     * the weights under their maker's own names ({@code consolidated}).
     */
    public static boolean isPart(String fileName) {
        return !fileName.startsWith(".")
                && !fileName.startsWith("consolidated")
                && NAMES_OF_PARTS.stream().anyMatch(fileName::endsWith);
    }

    private static void refuseQuantised(HubConfig config) {
        for (String key : new String[] {"quantization_config", "compression_config"}) {
            config.section(key).ifPresent(found -> {
                throw new ModelFileException(config.source() + ": key '" + key + "' says that the weights are quantised"
                        + found.text("quant_method", "quant_algo", "format")
                                .map(method -> " by " + Quoted.of(method))
                                .orElse("")
                        + ", which is not read from a folder; expected weights in F32, F16 or BF16."
                        + " Use the model's GGUF file, or the folder of the model that was quantised");
            });
        }
    }

    /** The folder's name; in a cache of the hub ({@code models--OWNER--NAME/snapshots/REVISION}) the model's. */
    private static String name(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        Path snapshots = absolute.getParent();
        if (snapshots != null && snapshots.endsWith("snapshots") && snapshots.getParent() != null) {
            String model = String.valueOf(snapshots.getParent().getFileName());
            if (model.startsWith("models--")) {
                return model.substring(model.lastIndexOf("--") + 2);
            }
        }
        return String.valueOf(absolute.getFileName());
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public Matrix matrix(String name, int rows, int columns) {
        return require(name, rows, columns).matrix(name, 0, rows, columns);
    }

    @Override
    public Matrix[] matrices(String name, int count, int rows, int columns) {
        FolderTensor tensor = require(name, count, rows, columns);
        Matrix[] parts = new Matrix[count];
        for (int i = 0; i < count; i++) {
            parts[i] = tensor.matrix(name + " [" + i + "]", i, rows, columns);
        }
        return parts;
    }

    @Override
    public float[] vector(String name, int length) {
        return require(name, length).vector(length);
    }

    @Override
    public Optional<Path> tokenizerFile() {
        return Optional.of(folder.resolve(TOKENIZER)).filter(Files::isRegularFile);
    }

    private FolderTensor require(String name, int... lengths) {
        List<Long> shape = Arrays.stream(lengths).asLongStream().boxed().toList();
        FolderTensor tensor = stored.get(name);
        if (tensor == null) {
            throw new ModelFileException(folder + ": tensor " + Quoted.of(name) + " of shape " + shape
                    + " is missing. The folder is incomplete or not of the kind that its config.json names;"
                    + " download it again");
        }
        if (!tensor.info().shape().equals(shape)) {
            throw new ModelFileException(folder + ": tensor " + Quoted.of(name) + " has shape "
                    + tensor.info().shape() + "; expected " + shape
                    + " by config.json. The folder is damaged; download it again");
        }
        return tensor;
    }

    /** {@inheritDoc} Reading from a matrix afterwards throws {@link IllegalStateException}. */
    @Override
    public void close() {
        files.close();
    }
}
