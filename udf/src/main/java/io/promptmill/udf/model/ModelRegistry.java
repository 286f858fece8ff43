package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.weights.ModelFile;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** The architectures that this engine runs, by the name that a model file gives ({@code general.architecture}). */
public final class ModelRegistry {
    private static final SortedMap<String, Architecture> ARCHITECTURES = new TreeMap<>();

    static {
        add("command-r", CommandR::load);
        add("deepseek2", DeepSeek2::load, LatentParts::shape);
        add("falcon", Falcon::load);
        add("gemma", Gemma::load);
        add("gemma2", Gemma2::load);
        add("gemma3", Gemma3::load);
        add("glm4", Glm4::load);
        add("gpt-oss", GptOss::load);
        add("gpt2", Gpt2::load);
        add("gptneox", GptNeoX::load);
        add("granite", Granite::load);
        add("llama", Llama::load);
        add("mpt", Mpt::load);
        add("olmo2", Olmo2::load);
        add("phi2", Phi2::load);
        add("phi3", Phi3::load);
        add("qwen2", Qwen2::load);
        add("qwen2moe", Qwen2Moe::load, Qwen2Moe::shape);
        add("qwen3", Qwen3::load);
        add("qwen3moe", Qwen3::load, Qwen2Moe::shape);
        add("smollm3", SmolLm3::load);
        add("stablelm", StableLm::load);
        add("starcoder2", StarCoder2::load);
    }

    private ModelRegistry() {}

    private static void add(String name, Function<ModelParts, Model> loader) {
        add(name, loader, GgufKeys::shape);
    }

    private static void add(String name, Function<ModelParts, Model> loader, Function<GgufKeys, ModelShape> shape) {
        ARCHITECTURES.put(name, new Architecture(loader, shape));
    }

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
        String name = file.metadata().requireText("general.architecture");
        return architecture(file, name).shape().apply(new GgufKeys(file, name));
    }

    /**
     * Builds the model of a file; weights that are not packed stay in the file.
     *
     * @throws ModelFileException where the architecture is unknown, a key or tensor is missing, of a wrong shape,
     *     or left over
     */
    public static Model load(ModelFile file, Compute compute, ModelSize size) {
        String name = file.metadata().requireText("general.architecture");
        Architecture architecture = architecture(file, name);
        TakenTensors tensors = new TakenTensors(file);
        ModelShape shape = architecture.shape().apply(new GgufKeys(file, name));
        if (size.vocabulary() != Integer.MAX_VALUE && size.vocabulary() > shape.vocabularySize()) {
            throw new ModelFileException(file.metadata().source() + ": the tokenizer knows " + size.vocabulary()
                    + " tokens, but the model has vectors for " + shape.vocabularySize()
                    + "; use the tokenizer that belongs to the model");
        }
        Model model = architecture.loader().apply(new ModelParts(tensors, name, shape, compute, size));
        tensors.requireAllTaken(name, shape.layers());
        return model;
    }

    private static Architecture architecture(ModelFile file, String name) {
        Architecture architecture = ARCHITECTURES.get(name);
        if (architecture == null) {
            throw new ModelFileException(file.metadata().source() + ": architecture '" + name
                    + "' is not known; this engine runs: " + String.join(", ", ARCHITECTURES.keySet()));
        }
        return architecture;
    }

    /**
     * @param shape reads the sizes
     */
    private record Architecture(Function<ModelParts, Model> loader, Function<GgufKeys, ModelShape> shape) {}
}
