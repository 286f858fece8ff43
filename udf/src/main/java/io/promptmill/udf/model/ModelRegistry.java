package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.weights.ModelFile;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The architectures that this engine runs, by the name that a model file gives ({@code general.architecture}). */
public final class ModelRegistry {
    private static final SortedMap<String, Loader> ARCHITECTURES = new TreeMap<>();

    static {
        ARCHITECTURES.put("llama", Llama::new);
    }

    private ModelRegistry() {}

    /** Names of the known architectures, sorted. */
    public static Set<String> architectures() {
        return Collections.unmodifiableSet(ARCHITECTURES.keySet());
    }

    /**
     * The sizes of a file's model, before it is built.
     *
     * @throws ModelFileException where the architecture is unknown, or a key is missing or wrong
     */
    public static ModelShape shape(ModelFile file) {
        String architecture = file.metadata().requireText("general.architecture");
        loader(file, architecture);
        return new GgufKeys(file, architecture).shape();
    }

    /**
     * Builds the model of a file; weights stay in the file.
     *
     * @param maximumRows rows of a step at most, for which buffers are allocated
     * @param maximumOutputs rows of a step at most whose logits are needed
     * @throws ModelFileException where the architecture is unknown, a key or tensor is missing, of a wrong shape,
     *     or left over
     */
    public static Model load(ModelFile file, Compute compute, int maximumRows, int maximumOutputs) {
        String architecture = file.metadata().requireText("general.architecture");
        TakenTensors tensors = new TakenTensors(file);
        Model model = loader(file, architecture).load(tensors, compute, maximumRows, maximumOutputs);
        tensors.requireAllTaken(architecture);
        return model;
    }

    private static Loader loader(ModelFile file, String architecture) {
        Loader loader = ARCHITECTURES.get(architecture);
        if (loader == null) {
            throw new ModelFileException(file.metadata().source() + ": architecture '" + architecture
                    + "' is not known; this engine runs: " + String.join(", ", ARCHITECTURES.keySet()));
        }
        return loader;
    }

    @FunctionalInterface
    private interface Loader {
        Model load(ModelFile file, Compute compute, int maximumRows, int maximumOutputs);
    }
}
