package io.promptmill.udf.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The {@code adapter_config.json} of an adapter that PEFT saved (huggingface/peft, {@code tuners/lora/config.py}): what its
 * numbers are multiplied with, and a refusal of what is more than plain LoRA. Immutable and thread-safe.
 */
final class PeftSettings {
    /** Configurations take a few KiB. */
    private static final int MAXIMUM_BYTES = 4 << 20;
    /** Settings that change what is computed, or the model; where they are present they are unset or false. */
    private static final Set<String> UNSUPPORTED = Set.of(
            "use_dora",
            "use_qalora",
            "use_bdlora",
            "lora_bias",
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters",
            "alora_invocation_tokens",
            "arrow_config",
            "megatron_config");
    /** Ways to begin a training which take something out of the model's own weights. */
    private static final Pattern CHANGES_MODEL =
            Pattern.compile("(pissa|olora|corda|loftq|lora_ga)", Pattern.CASE_INSENSITIVE);
    /** A name, or the end of one from a dot on, is as much of PEFT's patterns as is understood. */
    private static final Pattern PLAIN = Pattern.compile("\\^?[A-Za-z0-9_.]+");

    private final String source;
    private final ObjectNode values;
    private final double rank;
    private final double alpha;
    private final Map<String, Double> ranks;
    private final Map<String, Double> alphas;

    private PeftSettings(String source, ObjectNode values) {
        this.source = source;
        this.values = values;
        String type = values.path("peft_type").asText("LORA");
        if (!type.equals("LORA")) {
            throw unsupported("peft_type", "LORA");
        }
        for (String key : UNSUPPORTED) {
            if (isSet(values.get(key))) {
                throw unsupported(key, "none");
            }
        }
        if (!values.path("bias").asText("none").equals("none")) {
            throw unsupported("bias", "'none'");
        }
        if (CHANGES_MODEL.matcher(values.path("init_lora_weights").asText("")).lookingAt()) {
            throw unsupported("init_lora_weights", "one that leaves the model's weights as they are");
        }
        rank = number("r", values.get("r"));
        alpha = number("lora_alpha", values.get("lora_alpha"));
        ranks = numbers("rank_pattern");
        alphas = numbers("alpha_pattern");
    }

    /**
     * Reads the settings in {@code folder}.
     *
     * @throws ModelFileException where they are missing or malformed, or ask for something else than plain LoRA
     */
    static PeftSettings read(Path folder) {
        Path path = folder.resolve(LoraAdapter.FOLDER_CONFIG);
        return new PeftSettings(path.toString(), HubJson.read(path, MAXIMUM_BYTES));
    }

    /** The model that the adapter was made for. */
    Optional<String> base() {
        JsonNode base = values.get("base_model_name_or_path");
        return Optional.ofNullable(base == null || !base.isTextual() ? null : base.textValue());
    }

    /**
     * Checks the rank of a module's addition.
     *
     * @throws ModelFileException where the settings have another
     */
    void checkRank(String tensor, String module, int actual) {
        double expected = pattern(ranks, module).orElse(rank);
        if (actual != expected) {
            throw new ModelFileException(source + ": keys 'r' and 'rank_pattern' give module " + Quoted.of(module)
                    + " rank " + Math.round(expected) + ", but tensor " + Quoted.of(tensor) + " has rank " + actual
                    + ". The adapter is damaged; download it again");
        }
    }

    /** What the addition to a module is multiplied with (Kalajdzievski 2023, arXiv:2312.03732, for {@code use_rslora}). */
    double scale(String module, int rank) {
        double own = pattern(alphas, module).orElse(alpha);
        return values.path("use_rslora").asBoolean(false) ? own / Math.sqrt(rank) : own / rank;
    }

    private static boolean isSet(JsonNode value) {
        boolean unset = value == null
                || value.isNull()
                || value.isBoolean() && !value.booleanValue()
                || value.isContainerNode() && value.isEmpty();
        return !unset;
    }

    /** The first whose key is the module's name or its end. */
    private static Optional<Double> pattern(Map<String, Double> patterns, String module) {
        for (Map.Entry<String, Double> pattern : patterns.entrySet()) {
            String key = pattern.getKey();
            boolean whole = key.startsWith("^");
            if (module.equals(whole ? key.substring(1) : key) || !whole && module.endsWith("." + key)) {
                return Optional.of(pattern.getValue());
            }
        }
        return Optional.empty();
    }

    private Map<String, Double> numbers(String key) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        JsonNode patterns = values.path(key);
        if (patterns.isMissingNode() || patterns.isNull()) {
            return numbers;
        }
        if (!(patterns instanceof ObjectNode object)) {
            throw unsupported(key, "numbers by module");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!PLAIN.matcher(entry.getKey()).matches()) {
                throw new ModelFileException(source + ": key '" + key + "' has the pattern " + Quoted.of(entry.getKey())
                        + ", which is not supported; expected names of modules, or their ends. Write one for each");
            }
            numbers.put(entry.getKey(), number(key, entry.getValue()));
        }
        return numbers;
    }

    private double number(String key, JsonNode value) {
        if (value == null || !value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() <= 0) {
            throw new ModelFileException(source + ": key '" + key + "' is "
                    + (value == null ? "missing" : Quoted.of(value.asText()))
                    + "; expected a number above 0. The adapter is damaged; download it again");
        }
        return value.doubleValue();
    }

    private ModelFileException unsupported(String key, String expected) {
        JsonNode value = values.get(key);
        return new ModelFileException(source + ": key '" + key + "' is "
                + Quoted.of(value.isValueNode() ? value.asText() : value.isArray() ? "an array" : "an object")
                + ", which is not supported; expected " + expected
                + ". Merge the adapter into its model, or use a plain LoRA adapter");
    }
}
