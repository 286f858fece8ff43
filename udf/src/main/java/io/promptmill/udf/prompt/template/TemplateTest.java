package io.promptmill.udf.prompt.template;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The tests of Jinja behind {@code is}, after https://jinja.palletsprojects.com/en/stable/templates/#builtin-tests. */
enum TemplateTest {
    DEFINED,
    UNDEFINED,
    NONE,
    TRUE,
    FALSE,
    BOOLEAN,
    STRING,
    NUMBER,
    INTEGER,
    FLOAT,
    MAPPING,
    SEQUENCE,
    ITERABLE,
    CALLABLE,
    ODD,
    EVEN,
    LOWER,
    UPPER,
    DIVISIBLEBY,
    SAMEAS,
    IN,
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE;

    private static final Map<String, TemplateTest> ALIASES = Map.ofEntries(
            Map.entry("equalto", EQ),
            Map.entry("==", EQ),
            Map.entry("!=", NE),
            Map.entry("lessthan", LT),
            Map.entry("<", LT),
            Map.entry("<=", LE),
            Map.entry("greaterthan", GT),
            Map.entry(">", GT),
            Map.entry(">=", GE));

    /** The test of that name; an unknown one fails when the template is compiled. */
    static TemplateTest named(String name) {
        TemplateTest alias = ALIASES.get(name);
        if (alias != null) {
            return alias;
        }
        for (TemplateTest test : values()) {
            if (test.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return test;
            }
        }
        throw new TemplateFailure("unknown test 'is " + name + "'; expected one of "
                + List.of(values()).toString().toLowerCase(Locale.ROOT));
    }

    boolean takesArgument() {
        return ordinal() >= DIVISIBLEBY.ordinal();
    }

    boolean holds(Object value, Arguments arguments, RenderBudget budget) {
        Object other = takesArgument() ? arguments.get(0, "other", null) : null;
        return switch (this) {
            case DEFINED -> !(value instanceof Undefined);
            case UNDEFINED -> value instanceof Undefined;
            case NONE -> value == null;
            case TRUE -> Boolean.TRUE.equals(value);
            case FALSE -> Boolean.FALSE.equals(value);
            case BOOLEAN -> value instanceof Boolean;
            case STRING -> value instanceof String;
            case NUMBER -> PythonValues.isNumber(value);
            case INTEGER -> value instanceof Long;
            case FLOAT -> value instanceof Double;
            case MAPPING -> value instanceof Map;
            case SEQUENCE -> value instanceof List || value instanceof String || value instanceof Map;
            case ITERABLE ->
                value instanceof List || value instanceof String || value instanceof Map || value instanceof Undefined;
            case CALLABLE -> value instanceof Macro;
            case ODD -> remainder(value, 2L) != 0;
            case EVEN -> remainder(value, 2L) == 0;
            case LOWER -> value instanceof String text && isLower(text, budget);
            case UPPER -> value instanceof String text && isUpper(text, budget);
            case DIVISIBLEBY -> remainder(value, other) == 0;
            case SAMEAS -> value == other || PythonValues.isNumber(value) && value.equals(other);
            case IN -> (Boolean) PythonOperator.IN.apply(value, other, budget);
            case EQ -> PythonValues.areEqual(value, other, budget);
            case NE -> !PythonValues.areEqual(value, other, budget);
            case LT -> PythonValues.compare(value, other, budget) < 0;
            case LE -> PythonValues.compare(value, other, budget) <= 0;
            case GT -> PythonValues.compare(value, other, budget) > 0;
            case GE -> PythonValues.compare(value, other, budget) >= 0;
        };
    }

    private static boolean isLower(String text, RenderBudget budget) {
        budget.charge(text.length());
        return text.equals(text.toLowerCase(Locale.ROOT)) && !text.equals(text.toUpperCase(Locale.ROOT));
    }

    private static boolean isUpper(String text, RenderBudget budget) {
        budget.charge(text.length());
        return text.equals(text.toUpperCase(Locale.ROOT)) && !text.equals(text.toLowerCase(Locale.ROOT));
    }

    private static long remainder(Object value, Object divisor) {
        if (value instanceof Long number && divisor instanceof Long by && by != 0) {
            return Math.floorMod(number, by);
        }
        throw new TemplateFailure("a remainder of " + PythonValues.typeName(value) + " by "
                + PythonValues.typeName(divisor) + "; expected integers and no division by zero");
    }
}
