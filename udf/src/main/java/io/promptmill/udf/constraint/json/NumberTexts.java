package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.json.NumberRange.Limit;
import java.math.BigDecimal;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * The texts of the numbers in a range. Limits are compared digit by digit, so that they hold exactly; within limits no
 * exponents are written, and no more digits than a double tells apart, unless a limit has more.
 */
final class NumberTexts {
    /** Decimal digits that a double holds whatever the number (IEEE 754, DBL_DIG). */
    private static final int DIGITS = 15;
    /** Digits of the largest 64-bit integer. */
    private static final int LONG_DIGITS = 19;

    private static final Limit LEAST_LONG = new Limit(BigDecimal.valueOf(Long.MIN_VALUE), true);
    private static final Limit MOST_LONG = new Limit(BigDecimal.valueOf(Long.MAX_VALUE), true);
    private static final Limit ZERO = new Limit(BigDecimal.ZERO, true);
    private static final Limit ABOVE_ZERO = new Limit(BigDecimal.ZERO, false);

    private NumberTexts() {}

    /** Deterministic; without states where there is no such number. */
    static Automaton of(NumberRange range) {
        NumberRange within =
                range.integer() ? range.and(new NumberRange(true, LEAST_LONG, MOST_LONG, java.util.List.of())) : range;
        Automaton positive = magnitudes(range, within, ZERO);
        Automaton negative = magnitudes(negated(range), negated(within), ABOVE_ZERO);
        Automaton both = Operations.union(positive, Operations.concatenate(Automata.makeChar('-'), negative));
        return Automatons.minimal(both);
    }

    private static NumberRange negated(NumberRange range) {
        return new NumberRange(
                range.integer(),
                negated(range.upper()),
                negated(range.lower()),
                range.excluded().stream().map(NumberTexts::negated).toList());
    }

    private static Limit negated(Limit limit) {
        return limit == null ? null : new Limit(limit.value().negate(), limit.inclusive());
    }

    /**
     * Texts without a sign of the numbers that are zero or more.
     *
     * @param asked as the schema has it: says how many digits are needed
     * @param least for the range where it has no limit above it
     */
    private static Automaton magnitudes(NumberRange asked, NumberRange range, Limit least) {
        Limit lower = range.lower() == null
                        || range.lower().value().signum() < 0
                        || range.lower().value().signum() == 0 && range.lower().inclusive()
                ? least
                : range.lower();
        Automaton texts = Operations.intersection(forms(asked), above(lower));
        if (range.upper() != null) {
            texts = Automatons.minus(texts, beyond(range.upper()));
        }
        for (NumberRange excluded : range.excluded()) {
            texts = Automatons.minus(texts, excluded(excluded));
        }
        return Operations.removeDeadStates(texts);
    }

    /** Texts of zero or more that a range holds, whatever their number of digits. */
    private static Automaton excluded(NumberRange range) {
        Automaton texts =
                range.integer() ? Automatons.regular("[0-9]+(\\.0+)?") : Automatons.regular("[0-9]+(\\.[0-9]+)?");
        if (range.lower() != null && range.lower().value().signum() >= 0) {
            texts = Operations.intersection(texts, above(range.lower()));
        }
        return range.upper() == null ? texts : Automatons.minus(texts, beyond(range.upper()));
    }

    /** What exceeds an upper limit. */
    private static Automaton beyond(Limit upper) {
        return upper.value().signum() < 0
                ? Automatons.regular("[0-9]+(\\.[0-9]+)?")
                : above(new Limit(upper.value(), !upper.inclusive()));
    }

    /** Digits and, unless integers are asked for, a fraction: as many as the limits need. */
    private static Automaton forms(NumberRange range) {
        int lower = wholeDigits(range.lower()) + 1;
        if (range.integer()) {
            int upper = Math.max(lower, wholeDigits(range.upper()));
            int whole = Math.min(LONG_DIGITS, Math.max(DIGITS, upper));
            return Automatons.regular("0|[1-9][0-9]{0," + (whole - 1) + "}");
        }
        int fraction = Math.max(scale(range.lower()), scale(range.upper()));
        int whole = Math.max(DIGITS, lower);
        int digits = Math.max(DIGITS, lower + fraction + 1);
        return decimals(whole, digits);
    }

    /** Digits before the point; 0 for a limit below zero, which says nothing here. */
    private static int wholeDigits(Limit limit) {
        return limit == null || limit.value().signum() < 0
                ? 0
                : Math.max(1, limit.value().precision() - limit.value().scale());
    }

    private static int scale(Limit limit) {
        return limit == null ? 0 : Math.max(0, limit.value().scale());
    }

    /** At most {@code whole} digits before the point, and at most {@code digits} in all. */
    private static Automaton decimals(int whole, int digits) {
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int zero = accepting(builder);
        builder.addTransition(start, zero, '0');
        int[] fraction = new int[digits + 1];
        for (int count = 2; count <= digits; count++) {
            fraction[count] = accepting(builder);
            if (count > 2) {
                builder.addTransition(fraction[count - 1], fraction[count], '0', '9');
            }
        }
        point(builder, zero, fraction[2]);
        int last = start;
        for (int count = 1; count <= whole; count++) {
            int next = accepting(builder);
            builder.addTransition(last, next, count == 1 ? '1' : '0', '9');
            if (count < digits) {
                point(builder, next, fraction[count + 1]);
            }
            last = next;
        }
        return builder.finish();
    }

    private static void point(Automaton.Builder builder, int from, int to) {
        int point = builder.createState();
        builder.addTransition(from, point, '.');
        builder.addTransition(point, to, '0', '9');
    }

    private static int accepting(Automaton.Builder builder) {
        int state = builder.createState();
        builder.setAccept(state, true);
        return state;
    }

    /**
     * Decimal texts without leading zeros of what is above a limit of zero or more: one with more digits before the point is
     * greater; of as many, the first digit that differs decides.
     */
    private static Automaton above(Limit limit) {
        String whole = limit.value().toBigInteger().toString();
        String fraction = limit.value().scale() <= 0
                ? ""
                : limit.value()
                        .remainder(BigDecimal.ONE)
                        .setScale(limit.value().scale())
                        .toPlainString()
                        .substring(2);
        Automaton.Builder builder = new Automaton.Builder();
        int equal = builder.createState();
        int free = accepting(builder);
        builder.addTransition(free, free, '0', '9');
        int longer = accepting(builder);
        builder.addTransition(longer, longer, '0', '9');
        builder.addTransition(longer, free, '.');
        int less = -1;
        int greater = -1;
        for (int i = 0; i < whole.length(); i++) {
            int nextEqual = builder.createState();
            int nextLess = builder.createState();
            int nextGreater = builder.createState();
            char digit = whole.charAt(i);
            compare(builder, equal, digit, nextLess, nextEqual, nextGreater);
            if (i > 0) {
                builder.addTransition(less, nextLess, '0', '9');
                builder.addTransition(greater, nextGreater, '0', '9');
            }
            equal = nextEqual;
            less = nextLess;
            greater = nextGreater;
        }
        builder.setAccept(greater, true);
        builder.addTransition(greater, free, '.');
        for (int state : new int[] {less, equal, greater}) {
            builder.addTransition(state, longer, '0', '9');
        }
        builder.setAccept(equal, fraction.isEmpty() && limit.inclusive());
        compareFraction(builder, equal, fraction, limit.inclusive(), free);
        return Operations.removeDeadStates(builder.finish());
    }

    private static void compareFraction(
            Automaton.Builder builder, int whole, String fraction, boolean inclusive, int free) {
        int dead = builder.createState();
        int equal = builder.createState();
        builder.addTransition(whole, equal, '.');
        for (int i = 0; i < fraction.length(); i++) {
            int next = builder.createState();
            compare(builder, equal, fraction.charAt(i), dead, next, free);
            equal = next;
        }
        builder.addTransition(equal, equal, '0');
        builder.addTransition(equal, free, '1', '9');
        builder.setAccept(equal, inclusive);
    }

    private static void compare(Automaton.Builder builder, int from, char digit, int less, int equal, int greater) {
        if (digit > '0') {
            builder.addTransition(from, less, '0', digit - 1);
        }
        builder.addTransition(from, equal, digit);
        if (digit < '9') {
            builder.addTransition(from, greater, digit + 1, '9');
        }
    }
}
