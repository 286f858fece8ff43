package io.promptmill.udf.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;

/** Sampling settings that a column can override row by row. */
enum SamplingKey {
    TEMPERATURE(Kind.NUMBER),
    TOP_K(Kind.NUMBER),
    TOP_P(Kind.NUMBER),
    MIN_P(Kind.NUMBER),
    REPETITION_PENALTY(Kind.NUMBER),
    PRESENCE_PENALTY(Kind.NUMBER),
    FREQUENCY_PENALTY(Kind.NUMBER),
    LOGIT_BIAS(Kind.NUMBER_BY_TOKEN),
    SEED(Kind.NUMBER),
    MAX_TOKENS(Kind.NUMBER),
    MIN_TOKENS(Kind.NUMBER),
    STOP(Kind.TEXTS),
    STOP_TOKEN_IDS(Kind.NUMBERS),
    IGNORE_EOS(Kind.FLAG);

    private final Kind kind;

    SamplingKey(Kind kind) {
        this.kind = kind;
    }

    /** The key as configurations spell it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<SamplingKey> of(String label) {
        return Arrays.stream(values()).filter(key -> key.label().equals(label)).findFirst();
    }

    static List<String> labels() {
        return Arrays.stream(values()).map(SamplingKey::label).toList();
    }

    /** True where a column of that type can hold this setting. Text is read row by row. */
    boolean accepts(DataType type) {
        if (type instanceof StringType || type instanceof NullType) {
            return true;
        }
        return switch (kind) {
            case NUMBER -> type instanceof NumericType;
            case FLAG -> type instanceof BooleanType;
            case TEXTS -> type instanceof ArrayType array && array.elementType() instanceof StringType;
            case NUMBERS ->
                type instanceof NumericType
                        || (type instanceof ArrayType array && array.elementType() instanceof NumericType);
            case NUMBER_BY_TOKEN ->
                type instanceof MapType map
                        && (map.keyType() instanceof NumericType || map.keyType() instanceof StringType)
                        && map.valueType() instanceof NumericType;
        };
    }

    /** Column types that {@link #accepts} allows, for messages. */
    String expectedTypes() {
        return kind.types;
    }

    private enum Kind {
        NUMBER("a numeric type, or string"),
        FLAG("boolean, or string with true or false"),
        TEXTS("string, or array<string>"),
        NUMBERS("array<int>, int, or string with a JSON array"),
        NUMBER_BY_TOKEN("map<int,float>, or string with a JSON object");

        private final String types;

        Kind(String types) {
            this.types = types;
        }
    }
}
