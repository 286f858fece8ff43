package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The kinds of models that a Hugging Face folder may hold, by {@code model_type}. Names of tensors and defaults are those
 * of Hugging Face transformers, {@code modeling_*.py} and {@code configuration_*.py}; what becomes of them in GGUF is
 * what llama.cpp's {@code convert_hf_to_gguf.py} writes.
 */
final class HubFamilies {
    private static final SortedMap<String, HubFamily> FAMILIES = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static {
        Registry registry = (type, architecture, names, defaults, keys, rule) ->
                FAMILIES.put(type, new HubFamily(architecture, names, defaults, keys, rule));
        LlamaFamilies.addTo(registry);
        GemmaFamilies.addTo(registry);
        OtherFamilies.addTo(registry);
    }

    /** Takes the families. */
    @FunctionalInterface
    interface Registry {
        /** Adds the family of {@code type}; the others as in {@link HubFamily}. */
        void add(
                String type,
                String architecture,
                TensorNames names,
                Map<String, Object> defaults,
                Consumer<HubKeys> keys,
                TensorRule rule);
    }

    private HubFamilies() {}

    /**
     * The family of a model.
     *
     * @throws ModelFileException where it is not supported
     */
    static HubFamily of(HubConfig config) {
        Optional<String> type = config.text("model_type");
        HubFamily family = type.map(FAMILIES::get).orElse(null);
        if (family == null) {
            String architecture = config.elements("architectures")
                    .filter(names -> names.length > 0)
                    .map(names -> ", with architecture " + Quoted.of(names[0]))
                    .orElse("");
            throw new ModelFileException(config.source() + ": key 'model_type' is "
                    + type.map(Quoted::of).orElse("missing") + architecture + "; this engine reads folders of: "
                    + String.join(", ", FAMILIES.keySet()) + ". Use another model, or its GGUF file");
        }
        return family;
    }

    /** All families of an architecture, whose tensors are stored alike; none where folders of it are not read. */
    static List<HubFamily> ofArchitecture(String architecture) {
        return FAMILIES.values().stream()
                .filter(family -> family.architecture().equals(architecture))
                .toList();
    }
}
