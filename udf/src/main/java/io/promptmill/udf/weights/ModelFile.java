package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.Matrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Named tensors and metadata of one model, whatever the container. Nothing is copied on opening. Thread-safe; closing
 * makes every {@link Matrix} taken from it unusable.
 */
public interface ModelFile extends AutoCloseable {

    /**
     * Opens the model at {@code path}: a GGUF file, or a folder as it is published on the Hugging Face hub.
     *
     * @throws io.promptmill.udf.error.ModelFileException where it is missing, damaged, or of a kind that is not read
     */
    static ModelFile open(Path path) {
        return Files.isDirectory(path) ? SafetensorsFolder.open(path) : GgufFile.open(path);
    }

    Metadata metadata();

    /** Every tensor by name, in file order. */
    Map<String, TensorInfo> tensors();

    /** True where a tensor of that name is present. */
    default boolean has(String name) {
        return tensors().containsKey(name);
    }

    /**
     * The matrix {@code [rows x columns]} of that name.
     *
     * @throws io.promptmill.udf.error.ModelFileException where it is missing or has another shape
     */
    Matrix matrix(String name, int rows, int columns);

    /**
     * The parts of a stacked tensor {@code [count x rows x columns]}, such as the same matrix of all experts.
     *
     * @throws io.promptmill.udf.error.ModelFileException where it is missing or has another shape
     */
    Matrix[] matrices(String name, int count, int rows, int columns);

    /** The vector of that name as floats, {@code [length]}; stored in any format. */
    float[] vector(String name, int length);

    /** The {@code tokenizer.json} of a model whose metadata has no vocabulary. */
    default Optional<Path> tokenizerFile() {
        return Optional.empty();
    }

    @Override
    void close();
}
