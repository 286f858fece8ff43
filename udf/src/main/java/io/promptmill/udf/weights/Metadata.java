package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The key-value pairs of a model file, with typed access. Numbers are held as {@code Long} (every integer type),
 * {@code Double} (every float type) or {@code Boolean}; text as {@code String}; arrays as {@code long[]},
 * {@code double[]}, {@code boolean[]} or {@code String[]}. Immutable and thread-safe.
 */
public final class Metadata {
    private final String source;
    private final Map<String, Object> values;

    /**
     * @param source where the values come from, for messages (a path)
     */
    public Metadata(String source, Map<String, Object> values) {
        this.source = source;
        this.values = Map.copyOf(values);
    }

    /** Where the values come from, for messages. */
    public String source() {
        return source;
    }

    /** All pairs. */
    public Map<String, Object> all() {
        return values;
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** Whether the value under {@code key} is an array. */
    public boolean isArray(String key) {
        Object value = values.get(key);
        return value != null && value.getClass().isArray();
    }

    public Optional<String> text(String key) {
        return Optional.ofNullable(typed(key, String.class, "text"));
    }

    /** The text under {@code key}; absent or of another type is a {@link ModelFileException}. */
    public String requireText(String key) {
        return text(key).orElseThrow(() -> missing(key));
    }

    public OptionalLong integer(String key) {
        Long value = typed(key, Long.class, "an integer");
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** The integer under {@code key}, which must lie within {@code [minimum, maximum]}. */
    public int requireInteger(String key, int minimum, int maximum) {
        long value = integer(key).orElseThrow(() -> missing(key));
        return checkRange(key, value, minimum, maximum);
    }

    /** As {@link #requireInteger}, with a value for an absent key. */
    public int integerOr(String key, int fallback, int minimum, int maximum) {
        OptionalLong value = integer(key);
        return value.isEmpty() ? fallback : checkRange(key, value.getAsLong(), minimum, maximum);
    }

    public OptionalDouble number(String key) {
        Object value = values.get(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value instanceof Number number) {
            return OptionalDouble.of(number.doubleValue());
        }
        throw wrongType(key, "a number", value);
    }

    /** The finite number under {@code key}. */
    public double requireNumber(String key) {
        double value = number(key).orElseThrow(() -> missing(key));
        if (!Double.isFinite(value)) {
            throw new ModelFileException(source + ": key '" + key + "' is " + value + "; expected a finite number");
        }
        return value;
    }

    public Optional<Boolean> flag(String key) {
        return Optional.ofNullable(typed(key, Boolean.class, "true or false"));
    }

    public Optional<String[]> texts(String key) {
        return Optional.ofNullable(typed(key, String[].class, "an array of text"));
    }

    public Optional<long[]> integers(String key) {
        return Optional.ofNullable(typed(key, long[].class, "an array of integers"));
    }

    public Optional<double[]> numbers(String key) {
        if (values.get(key) instanceof long[] integers) {
            return Optional.of(Arrays.stream(integers).asDoubleStream().toArray());
        }
        return Optional.ofNullable(typed(key, double[].class, "an array of numbers"));
    }

    public Optional<boolean[]> flags(String key) {
        return Optional.ofNullable(typed(key, boolean[].class, "an array of true and false"));
    }

    private <T> T typed(String key, Class<T> type, String expected) {
        Object value = values.get(key);
        if (value == null || type.isInstance(value)) {
            return type.cast(value);
        }
        throw wrongType(key, expected, value);
    }

    private int checkRange(String key, long value, int minimum, int maximum) {
        if (value < minimum || value > maximum) {
            throw new ModelFileException(source + ": key '" + key + "' is " + value + "; expected " + minimum + " to "
                    + maximum + ". The file is damaged or not meant for this engine");
        }
        return (int) value;
    }

    private ModelFileException missing(String key) {
        return new ModelFileException(source + ": key '" + key
                + "' is missing. The file is incomplete; download it again or convert the model anew");
    }

    private ModelFileException wrongType(String key, String expected, Object value) {
        return new ModelFileException(source + ": key '" + key + "' is of type "
                + value.getClass().getSimpleName() + "; expected " + expected);
    }
}
