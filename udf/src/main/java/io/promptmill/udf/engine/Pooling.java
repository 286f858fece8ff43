package io.promptmill.udf.engine;

import io.promptmill.udf.weights.Metadata;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** How the final states of a text's tokens become one vector. */
public enum Pooling {
    /** The state of the last token, which alone has seen the whole text. */
    LAST,
    /** The mean of all states. */
    MEAN;

    // Values of the key pooling_type: llama.cpp, enum llama_pooling_type.
    private static final int NONE_TYPE = 0;
    private static final int MEAN_TYPE = 1;
    private static final int LAST_TYPE = 3;

    /** As configurations spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a model's file asks for, {@link #LAST} where it asks for nothing; empty where that is not among these. */
    static Optional<Pooling> of(Metadata metadata) {
        OptionalLong type = metadata.integer(metadata.requireText("general.architecture") + ".pooling_type");
        if (type.isEmpty()) {
            return Optional.of(LAST);
        }
        return switch ((int) Math.max(-1, Math.min(type.getAsLong(), Integer.MAX_VALUE))) {
            case NONE_TYPE, LAST_TYPE -> Optional.of(LAST);
            case MEAN_TYPE -> Optional.of(MEAN);
            default -> Optional.empty();
        };
    }
}
