package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What the modules of Hugging Face transformers are in a model here, which may have been read from GGUF. */
final class PeftTargets {
    private final ModelFile base;
    private final String architecture;
    private final List<HubFamily> families;

    PeftTargets(ModelFile base) {
        this.base = base;
        architecture = base.metadata().requireText("general.architecture");
        families = HubFamilies.ofArchitecture(architecture);
    }

    /**
     * The model's matrix that a module multiplies with.
     *
     * @throws ModelFileException where models of this architecture have no such module, or it is one of experts
     */
    String name(String source, String module) {
        TensorNames.Target target = families.stream()
                .flatMap(family -> family.names().find(module + ".weight").stream())
                .findFirst()
                .orElseThrow(() -> new ModelFileException(source + ": module " + Quoted.of(module)
                        + " has no place in architecture '" + architecture + "', that of "
                        + base.metadata().source() + LoraAdapter.OTHER_MODEL));
        if (target.expert() >= 0) {
            throw new ModelFileException(
                    source + ": module " + Quoted.of(module)
                            + " belongs to an expert; additions to experts are not supported. Merge the adapter into its model");
        }
        return target.name();
    }

    /** The order in which the rows of B are stored; null where they are in place. */
    RowOrder order(String name, TensorInfo matrix) {
        SafetensorsTensor asStored = new SafetensorsTensor(
                base.metadata().source(), name, SafetensorsType.F32, matrix.shape(), HeapBytes.of(new float[0]), 0);
        return families.get(0).rule().change(sizes(), name, asStored).order();
    }

    /** The settings that the orders of rows depend on, under the names of {@code config.json}. */
    private HubConfig sizes() {
        Map<String, Object> sizes = new HashMap<>();
        copy(sizes, "num_attention_heads", "attention.head_count");
        copy(sizes, "num_key_value_heads", "attention.head_count_kv");
        copy(sizes, "num_kv_heads", "attention.head_count_kv");
        copy(sizes, "hidden_size", "embedding_length");
        copy(sizes, "head_dim", "attention.key_length");
        sizes.put("new_decoder_architecture", true);
        return HubConfig.of(base.metadata().source(), sizes);
    }

    private void copy(Map<String, Object> sizes, String setting, String key) {
        OptionalLong value = base.metadata().integer(architecture + "." + key);
        value.ifPresent(size -> sizes.put(setting, size));
    }
}
