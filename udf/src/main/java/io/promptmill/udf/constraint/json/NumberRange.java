package io.promptmill.udf.constraint.json;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of numbers.
 *
 * @param lower limit, or null
 * @param upper limit, or null
 * @param excluded numbers that are left out; what they leave out themselves stays out as well
 */
record NumberRange(boolean integer, Limit lower, Limit upper, List<NumberRange> excluded) {
    static final NumberRange ANY = new NumberRange(false, null, null, List.of());

    record Limit(BigDecimal value, boolean inclusive) {
        /** The stricter one of two lower limits, where {@code sign} is 1, or upper limits, where it is -1; null is none. */
        private static Limit stricter(Limit one, Limit other, int sign) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            int order = one.value.compareTo(other.value) * sign;
            return order > 0 || order == 0 && !one.inclusive ? one : other;
        }

        private static Limit of(BigDecimal value, boolean inclusive) {
            return value == null ? null : new Limit(value, inclusive);
        }
    }

    static NumberRange read(Fields fields, boolean integer) {
        Limit lower = Limit.stricter(
                Limit.of(fields.number("minimum"), true), Limit.of(fields.number("exclusiveMinimum"), false), 1);
        Limit upper = Limit.stricter(
                Limit.of(fields.number("maximum"), true), Limit.of(fields.number("exclusiveMaximum"), false), -1);
        return new NumberRange(integer, lower, upper, List.of());
    }

    static NumberRange only(BigDecimal value) {
        Limit limit = new Limit(value.stripTrailingZeros(), true);
        return new NumberRange(false, limit, limit, List.of());
    }

    NumberRange and(NumberRange other) {
        List<NumberRange> both = new ArrayList<>(excluded);
        both.addAll(other.excluded);
        return new NumberRange(
                integer || other.integer,
                Limit.stricter(lower, other.lower, 1),
                Limit.stricter(upper, other.upper, -1),
                List.copyOf(both));
    }

    NumberRange without(NumberRange other) {
        if (and(other).isEmpty()) {
            return this;
        }
        List<NumberRange> more = new ArrayList<>(excluded);
        more.add(other);
        return new NumberRange(integer, lower, upper, List.copyOf(more));
    }

    boolean contains(BigDecimal value) {
        return (!integer || value.stripTrailingZeros().scale() <= 0)
                && (lower == null || value.compareTo(lower.value) >= (lower.inclusive ? 0 : 1))
                && (upper == null || value.compareTo(upper.value) <= (upper.inclusive ? 0 : -1))
                && excluded.stream().noneMatch(range -> range.contains(value));
    }

    boolean isLimited() {
        return lower != null || upper != null || !excluded.isEmpty();
    }

    NumberRange without(List<BigDecimal> values) {
        List<NumberRange> more = new ArrayList<>(excluded);
        values.stream().filter(this::contains).map(NumberRange::only).forEach(more::add);
        return new NumberRange(integer, lower, upper, List.copyOf(more));
    }

    /** True where no number can be written, integers of more than 64 bits not counting. */
    boolean isEmpty() {
        if (!excluded.isEmpty()) {
            return NumberTexts.of(this).getNumStates() == 0;
        }
        if (integer) {
            return leastInteger().compareTo(mostInteger()) > 0;
        }
        int order = lower == null || upper == null ? -1 : lower.value.compareTo(upper.value);
        return order > 0 || order == 0 && !(lower.inclusive && upper.inclusive);
    }

    private BigDecimal leastInteger() {
        BigDecimal least = BigDecimal.valueOf(Long.MIN_VALUE);
        if (lower == null) {
            return least;
        }
        BigDecimal whole = lower.value.setScale(0, RoundingMode.CEILING);
        boolean next = !lower.inclusive && whole.compareTo(lower.value) == 0;
        return least.max(next ? whole.add(BigDecimal.ONE) : whole);
    }

    private BigDecimal mostInteger() {
        BigDecimal most = BigDecimal.valueOf(Long.MAX_VALUE);
        if (upper == null) {
            return most;
        }
        BigDecimal whole = upper.value.setScale(0, RoundingMode.FLOOR);
        boolean next = !upper.inclusive && whole.compareTo(upper.value) == 0;
        return most.min(next ? whole.subtract(BigDecimal.ONE) : whole);
    }

    String problem() {
        String kind = integer ? "64-bit integer" : "number";
        return "no " + kind + " lies "
                + (lower == null ? "" : (lower.inclusive ? "at or above " : "above ") + lower.value.toPlainString())
                + (lower == null || upper == null ? "" : " and ")
                + (upper == null ? "" : (upper.inclusive ? "at or below " : "below ") + upper.value.toPlainString())
                + (excluded.isEmpty() ? "" : " and outside of the other alternatives")
                + ". Change a limit";
    }
}
