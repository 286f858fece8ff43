package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.util.Arrays;
import java.util.Optional;

/** Reads and checks the hyperparameters that GGUF files keep under {@code ARCHITECTURE.*}. */
final class GgufKeys {
    static final int MAXIMUM_WIDTH = 1 << 20;
    private static final int MAXIMUM_LAYERS = 10_000;
    private static final int MAXIMUM_EXPERTS = 1 << 16;

    private final Metadata metadata;
    private final String prefix;

    GgufKeys(ModelFile file, String architecture) {
        this.metadata = file.metadata();
        this.prefix = architecture + ".";
    }

    ModelShape shape() {
        int embedding = require("embedding_length", 1, MAXIMUM_WIDTH);
        int heads = require("attention.head_count", 1, MAXIMUM_WIDTH);
        int kvHeads = integerOr("attention.head_count_kv", heads, 1, heads);
        if (heads % kvHeads != 0) {
            throw invalid("attention.head_count_kv", kvHeads, "a divisor of attention.head_count " + heads);
        }
        if (!has("attention.key_length") && embedding % heads != 0) {
            throw invalid("attention.head_count", heads, "a divisor of embedding_length " + embedding);
        }
        int headSize = integerOr("attention.key_length", embedding / heads, 1, MAXIMUM_WIDTH);
        int valueSize = integerOr("attention.value_length", headSize, 1, MAXIMUM_WIDTH);
        requireWidth("attention.key_length", heads, (long) headSize + valueSize);
        if (!flagOr("attention.causal", true)) {
            throw unsupported("attention.causal", "false", "causal models, which generate text");
        }
        int experts = integerOr("expert_count", 0, 0, MAXIMUM_EXPERTS);
        int expertLength = integerOr("expert_feed_forward_length", 0, 0, 16 * MAXIMUM_WIDTH);
        int feedForward = experts > 0 && expertLength > 0
                ? integerOr("feed_forward_length", expertLength, 1, 16 * MAXIMUM_WIDTH)
                : require("feed_forward_length", 1, 16 * MAXIMUM_WIDTH);
        int blocks = require("block_count", 1, MAXIMUM_LAYERS);
        // Behind the model's layers there may be some that only guess further tokens.
        int guessing = integerOr("nextn_predict_layers", 0, 0, blocks - 1);
        return new ModelShape(
                blocks - guessing,
                embedding,
                feedForward,
                heads,
                kvHeads,
                headSize,
                valueSize,
                metadata.requireInteger(prefix + "context_length", 1, Integer.MAX_VALUE),
                vocabularySize(),
                experts == 0
                        ? ModelShape.Experts.NONE
                        : new ModelShape.Experts(
                                experts,
                                require("expert_used_count", 1, experts),
                                expertLength == 0 ? feedForward : expertLength));
    }

    /** The vocabulary has as many entries as the embedding table has rows. */
    private int vocabularySize() {
        Optional<String[]> tokens = metadata.texts("tokenizer.ggml.tokens");
        if (tokens.isPresent()) {
            return tokens.get().length;
        }
        if (has("vocab_size")) {
            return require("vocab_size", 1, Integer.MAX_VALUE);
        }
        throw new ModelFileException(metadata.source()
                + ": key 'tokenizer.ggml.tokens' is missing, so text cannot become tokens. Convert the model"
                + " anew with its tokenizer");
    }

    boolean has(String key) {
        return metadata.has(prefix + key);
    }

    /** An integer, which files with a value for each layer give as an array: then all must be equal. */
    int require(String key, int minimum, int maximum) {
        return uniform(key, minimum, maximum).orElseGet(() -> metadata.requireInteger(prefix + key, minimum, maximum));
    }

    int integerOr(String key, int fallback, int minimum, int maximum) {
        return uniform(key, minimum, maximum)
                .orElseGet(() -> metadata.integerOr(prefix + key, fallback, minimum, maximum));
    }

    private Optional<Integer> uniform(String key, int minimum, int maximum) {
        Object value = metadata.has(prefix + key) && metadata.isArray(prefix + key)
                ? metadata.integers(prefix + key).orElseThrow()
                : null;
        if (!(value instanceof long[] values)) {
            return Optional.empty();
        }
        if (values.length == 0 || Arrays.stream(values).anyMatch(v -> v != values[0])) {
            throw new ModelFileException(metadata.source() + ": key '" + prefix + key
                    + "' differs from layer to layer, which is not supported");
        }
        if (values[0] < minimum || values[0] > maximum) {
            throw invalid(key, values[0], minimum + " to " + maximum);
        }
        return Optional.of((int) values[0]);
    }

    /** Whether positions have sections of their own for rows and columns of images. */
    boolean hasRopeSections() {
        long[] sections = metadata.integers(prefix + "rope.dimension_sections").orElse(new long[0]);
        return sections.length > 1 && sections[0] > 0 && sections[1] > 0;
    }

    /** Refuses what {@code heads} heads of so many features would need, where it exceeds any real model. */
    void requireWidth(String key, int heads, long features) {
        long most = 16L * MAXIMUM_WIDTH / heads;
        if (features > most) {
            throw invalid(key, features, "at most " + most + " with " + heads + " heads");
        }
    }

    /** A finite number from {@code minimum} on; the fallback where the key is absent. */
    float numberOr(String key, float fallback, double minimum) {
        if (!has(key)) {
            return fallback;
        }
        double value = metadata.requireNumber(prefix + key);
        if (value < minimum || !Float.isFinite((float) value)) {
            throw invalid(key, value, minimum + " or more, and finite");
        }
        return (float) value;
    }

    /** A factor; absent or 0 is none, which is 1. */
    float factor(String key) {
        float value = numberOr(key, 0f, 0);
        return value == 0 ? 1f : value;
    }

    boolean flagOr(String key, boolean fallback) {
        return metadata.flag(prefix + key).orElse(fallback);
    }

    Optional<String> text(String key) {
        return metadata.text(prefix + key);
    }

    /** The small number that keeps a norm from dividing by zero. */
    float epsilon(String key) {
        double epsilon = metadata.requireNumber(prefix + key);
        if (epsilon < 0 || epsilon > 1) {
            throw invalid(key, epsilon, "0 to 1");
        }
        return (float) epsilon;
    }

    /**
     * Which layers see a sliding window only, from {@code attention.sliding_window_pattern}: a period of which the last
     * layer sees everything, or each layer's own flag.
     */
    boolean[] slidingLayers(int layers, int usualPeriod) {
        String key = "attention.sliding_window_pattern";
        boolean[] sliding = new boolean[layers];
        if (metadata.isArray(prefix + key)) {
            boolean[] flags = metadata.flags(prefix + key).orElseThrow();
            if (flags.length < layers) {
                throw invalid(key, flags.length + " flags", "one for each of " + layers + " layers");
            }
            return Arrays.copyOf(flags, layers);
        }
        int period = integerOr(key, usualPeriod, 1, MAXIMUM_LAYERS);
        for (int i = 0; i < layers; i++) {
            sliding[i] = i % period < period - 1;
        }
        return sliding;
    }

    ModelFileException invalid(String key, Object value, String expected) {
        return new ModelFileException(metadata.source() + ": key '" + prefix + key + "' is " + value + "; expected "
                + expected + ". The file is damaged or not meant for this engine");
    }

    ModelFileException unsupported(String key, Object value, String supported) {
        return new ModelFileException(metadata.source() + ": key '" + prefix + key + "' is '" + value
                + "', which is not supported; supported are " + supported);
    }
}
