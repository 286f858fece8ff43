package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A low-rank adapter (Hu et al. 2021, arXiv:2106.09685) as it is stored: pairs of small matrices that are added to some of
 * a model's. Nothing is copied on opening. Thread-safe; closing makes every matrix taken from it unusable.
 */
public interface LoraAdapter extends AutoCloseable {
    /** The file that makes a folder an adapter. */
    String FOLDER_CONFIG = "adapter_config.json";

    /** What a refusal says where the model and the adapter do not belong together. */
    String OTHER_MODEL = ". The adapter was made for another model; use that one, or another adapter";

    /**
     * Opens the adapter at {@code path}: a GGUF file, or a folder as PEFT saves it.
     *
     * @throws ModelFileException where it is missing or damaged, or something that this engine does not add
     */
    static LoraAdapter open(Path path) {
        return Files.isDirectory(path) ? PeftFolder.open(path) : GgufLora.open(path);
    }

    /**
     * True where {@code path} holds an adapter.
     *
     * @throws ModelFileException where it is a file that cannot be read as GGUF
     */
    static boolean isAdapter(Path path) {
        if (Files.isDirectory(path)) {
            return PeftFolder.isAdapter(path);
        }
        try (GgufFile file = GgufFile.open(path)) {
            return GgufLora.isAdapter(file);
        }
    }

    /**
     * Refuses an adapter where a model is wanted.
     *
     * @throws ModelFileException where the file is one
     */
    static void refuse(ModelFile file) {
        if (GgufLora.isAdapter(file)) {
            throw new ModelFileException(
                    file.metadata().source() + ": is an adapter, not a model. Give the model that it"
                            + " was made for, and this file under 'adapters'");
        }
    }

    /** Where it comes from, for messages. */
    String source();

    /** What it says of itself. */
    LoraSummary summary();

    /**
     * What is added to the matrices of {@code base}, by their names in it.
     *
     * @throws ModelFileException where the base has another architecture, lacks a matrix, or has one of another shape
     */
    Map<String, LowRankTensors> tensors(ModelFile base);

    @Override
    void close();
}
