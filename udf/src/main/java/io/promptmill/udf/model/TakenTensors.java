package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A model file that notes which tensors an architecture takes. A tensor that none takes, such as a bias, marks a variant
 * which would silently be computed wrongly.
 */
final class TakenTensors implements ModelFile {
    private final ModelFile file;
    private final Set<String> taken = new HashSet<>();

    TakenTensors(ModelFile file) {
        this.file = file;
    }

    /**
     * @throws ModelFileException where a tensor of the file was not taken
     */
    void requireAllTaken(String architecture) {
        for (String name : tensors().keySet()) {
            if (!taken.contains(name)) {
                throw new ModelFileException(metadata().source() + ": tensor '" + name
                        + "' has no place in architecture '" + architecture
                        + "' as this engine knows it; this variant is not supported");
            }
        }
    }

    @Override
    public Metadata metadata() {
        return file.metadata();
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return file.tensors();
    }

    @Override
    public Matrix matrix(String name, int rows, int columns) {
        taken.add(name);
        return file.matrix(name, rows, columns);
    }

    @Override
    public Matrix[] matrices(String name, int count, int rows, int columns) {
        taken.add(name);
        return file.matrices(name, count, rows, columns);
    }

    @Override
    public float[] vector(String name, int length) {
        taken.add(name);
        return file.vector(name, length);
    }

    /** The file belongs to whoever opened it. */
    @Override
    public void close() {}
}
