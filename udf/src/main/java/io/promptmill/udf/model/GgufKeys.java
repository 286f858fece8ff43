package io.promptmill.udf.model;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.layers.Rope;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.util.Optional;

/** Reads and checks the hyperparameters that GGUF files keep under {@code ARCHITECTURE.*}. */
final class GgufKeys {
    private static final int MAXIMUM_LAYERS = 10_000;
    private static final int MAXIMUM_WIDTH = 1 << 20;

    private final ModelFile file;
    private final Metadata metadata;
    private final String prefix;

    GgufKeys(ModelFile file, String architecture) {
        this.file = file;
        this.metadata = file.metadata();
        this.prefix = architecture + ".";
    }

    ModelShape shape() {
        if (metadata.integerOr(prefix + "expert_count", 0, 0, Integer.MAX_VALUE) > 0) {
            throw new ModelFileException(metadata.source() + ": key '" + prefix
                    + "expert_count' says that this is a mixture of experts, which is not supported");
        }
        int embedding = metadata.requireInteger(prefix + "embedding_length", 1, MAXIMUM_WIDTH);
        int heads = metadata.requireInteger(prefix + "attention.head_count", 1, MAXIMUM_WIDTH);
        int kvHeads = metadata.integerOr(prefix + "attention.head_count_kv", heads, 1, heads);
        if (heads % kvHeads != 0) {
            throw invalid("attention.head_count_kv", kvHeads, "a divisor of attention.head_count " + heads);
        }
        boolean derived = !metadata.has(prefix + "attention.key_length");
        if (derived && embedding % heads != 0) {
            throw invalid("attention.head_count", heads, "a divisor of embedding_length " + embedding);
        }
        int headSize = metadata.integerOr(prefix + "attention.key_length", embedding / heads, 1, MAXIMUM_WIDTH);
        int valueSize = metadata.integerOr(prefix + "attention.value_length", headSize, 1, MAXIMUM_WIDTH);
        if (valueSize != headSize) {
            throw invalid("attention.value_length", valueSize, "attention.key_length " + headSize);
        }
        return new ModelShape(
                metadata.requireInteger(prefix + "block_count", 1, MAXIMUM_LAYERS),
                embedding,
                metadata.requireInteger(prefix + "feed_forward_length", 1, 16 * MAXIMUM_WIDTH),
                heads,
                kvHeads,
                headSize,
                metadata.requireInteger(prefix + "context_length", 1, Integer.MAX_VALUE),
                vocabularySize());
    }

    /** The vocabulary has as many entries as the embedding table has rows. */
    private int vocabularySize() {
        String[] tokens = metadata.texts("tokenizer.ggml.tokens")
                .orElseThrow(() -> new ModelFileException(metadata.source()
                        + ": key 'tokenizer.ggml.tokens' is missing, so text cannot become tokens. Convert the model"
                        + " anew with its tokenizer"));
        return tokens.length;
    }

    float normEpsilon() {
        double epsilon = metadata.requireNumber(prefix + "attention.layer_norm_rms_epsilon");
        if (epsilon < 0 || epsilon > 1) {
            throw invalid("attention.layer_norm_rms_epsilon", epsilon, "0 to 1");
        }
        return (float) epsilon;
    }

    /** Radians per position of each pair, {@code [rope dimensions / 2]}. */
    double[] ropeFrequencies() {
        ModelShape shape = shape();
        int dimensions = metadata.integerOr(prefix + "rope.dimension_count", shape.headSize(), 2, MAXIMUM_WIDTH);
        if (dimensions % 2 != 0 || dimensions > shape.headSize()) {
            throw invalid("rope.dimension_count", dimensions, "an even number up to the head size " + shape.headSize());
        }
        double base = metadata.has(prefix + "rope.freq_base") ? metadata.requireNumber(prefix + "rope.freq_base") : 1e4;
        if (base <= 0) {
            throw invalid("rope.freq_base", base, "above 0");
        }
        double[] frequencies = Rope.frequencies(dimensions, base);
        double divisor = linearScale();
        float[] factors = file.has("rope_freqs.weight") ? file.vector("rope_freqs.weight", frequencies.length) : null;
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] /= divisor * (factors == null ? 1 : factors[i]);
            if (!Double.isFinite(frequencies[i])) {
                throw invalid("rope_freqs.weight [" + i + "]", factors == null ? divisor : factors[i], "not 0");
            }
        }
        return frequencies;
    }

    private double linearScale() {
        Optional<String> type = metadata.text(prefix + "rope.scaling.type");
        if (type.isPresent() && !type.get().equals("linear") && !type.get().equals("none")) {
            throw new ModelFileException(metadata.source() + ": key '" + prefix + "rope.scaling.type' is '" + type.get()
                    + "', which is not supported; supported are linear and none");
        }
        if (type.isPresent() && type.get().equals("none")) {
            return 1;
        }
        double factor = metadata.number(prefix + "rope.scaling.factor")
                .orElse(metadata.number(prefix + "rope.scale_linear").orElse(1));
        if (!(factor > 0) || Double.isInfinite(factor)) {
            throw invalid("rope.scaling.factor", factor, "above 0");
        }
        return factor;
    }

    private ModelFileException invalid(String key, Object value, String expected) {
        return new ModelFileException(metadata.source() + ": key '" + prefix + key + "' is " + value + "; expected "
                + expected + ". The file is damaged or not meant for this engine");
    }
}
