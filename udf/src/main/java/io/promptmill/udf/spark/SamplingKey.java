package io.promptmill.udf.spark;

import io.promptmill.udf.sampler.SamplingParameters;
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
    TEMPERATURE(Kind.NUMBER, (draft, value) -> draft.temperature(SamplingValues.number(value))),
    TOP_K(Kind.NUMBER, (draft, value) -> draft.topK(SamplingValues.count(value))),
    TOP_P(Kind.NUMBER, (draft, value) -> draft.topP(SamplingValues.number(value))),
    MIN_P(Kind.NUMBER, (draft, value) -> draft.minP(SamplingValues.number(value))),
    REPETITION_PENALTY(Kind.NUMBER, (draft, value) -> draft.repetitionPenalty(SamplingValues.number(value))),
    PRESENCE_PENALTY(Kind.NUMBER, (draft, value) -> draft.presencePenalty(SamplingValues.number(value))),
    FREQUENCY_PENALTY(Kind.NUMBER, (draft, value) -> draft.frequencyPenalty(SamplingValues.number(value))),
    LOGIT_BIAS(Kind.NUMBER_BY_TOKEN, (draft, value) -> draft.logitBias(SamplingValues.bias(value))),
    SEED(Kind.NUMBER, (draft, value) -> draft.seed(SamplingValues.whole(value))),
    MAX_TOKENS(Kind.NUMBER, (draft, value) -> draft.maxTokens(SamplingValues.count(value))),
    MIN_TOKENS(Kind.NUMBER, (draft, value) -> draft.minTokens(SamplingValues.count(value))),
    STOP(Kind.TEXTS, (draft, value) -> draft.stop(SamplingValues.texts(value))),
    STOP_TOKEN_IDS(Kind.NUMBERS, (draft, value) -> draft.stopTokenIds(SamplingValues.tokens(value))),
    IGNORE_EOS(Kind.FLAG, (draft, value) -> draft.ignoreEos(SamplingValues.flag(value))),
    REPETITION_LIMIT(Kind.NUMBER, (draft, value) -> draft.repetitionLimit(SamplingValues.count(value)));

    /** Lays a value over the parameters of a row. */
    @FunctionalInterface
    private interface Setter {
        void set(SamplingParameters.Builder draft, Object value);
    }

    private final Kind kind;
    private final Setter setter;

    SamplingKey(Kind kind, Setter setter) {
        this.kind = kind;
        this.setter = setter;
    }

    /** @throws IllegalArgumentException where the value is of another kind; the message says what was expected */
    void set(SamplingParameters.Builder draft, Object value) {
        setter.set(draft, value);
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
