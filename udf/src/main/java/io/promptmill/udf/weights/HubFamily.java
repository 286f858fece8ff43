package io.promptmill.udf.weights;

import java.util.Map;
import java.util.function.Consumer;

/**
 * One kind of model as Hugging Face transformers knows it.
 *
 * @param architecture its name in GGUF
 * @param names of its tensors
 * @param defaults what the class of its configuration assumes for absent settings
 * @param keys writes its metadata, and refuses settings that would be computed wrongly
 * @param rule how its tensors are stored
 */
record HubFamily(
        String architecture, TensorNames names, Map<String, Object> defaults, Consumer<HubKeys> keys, TensorRule rule) {
    HubFamily {
        defaults = Map.copyOf(defaults);
    }
}
