package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model file that notes which tensors an architecture takes. A tensor that none takes, such as a bias, marks a variant
 * which would silently be computed wrongly.
 */
final class TakenTensors implements ModelFile {
    /** Tensors that old converters wrote and no engine reads: rotary frequencies, which follow from the keys. */
    private static final Pattern IDLE = Pattern.compile("blk\\.\\d+\\.attn_rot_embd(\\.weight)?");

    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d+)\\..*");

    private final ModelFile file;
    private final Set<String> taken = new HashSet<>();

    TakenTensors(ModelFile file) {
        this.file = file;
    }

    /**
     * @param layers of the model; the tensors of further blocks are passed over
     * @throws ModelFileException where a tensor of the file was not taken
     */
    void requireAllTaken(String architecture, int layers) {
        for (String name : tensors().keySet()) {
            if (!taken.contains(name) && !IDLE.matcher(name).matches() && !isBeyond(name, layers)) {
                throw new ModelFileException(metadata().source() + ": tensor '" + name
                        + "' has no place in architecture '" + architecture
                        + "' as this engine knows it; this variant is not supported");
            }
        }
    }

    private boolean isBeyond(String name, int layers) {
        Matcher block = BLOCK.matcher(name);
        return metadata().has(metadata().requireText("general.architecture") + ".nextn_predict_layers")
                && block.matches()
                && block.group(1).length() < 10
                && Integer.parseInt(block.group(1)) >= layers;
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
