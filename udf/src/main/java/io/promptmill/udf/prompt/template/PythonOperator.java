package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operators on two values with Python's meaning. */
enum PythonOperator {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    IN,
    NOT_IN,
    ADD,
    SUBTRACT,
    CONCATENATE,
    MULTIPLY,
    DIVIDE,
    FLOOR_DIVIDE,
    REMAINDER,
    POWER;

    Object apply(Object left, Object right, RenderBudget budget) {
        return switch (this) {
            case EQUAL -> PythonValues.areEqual(left, right, budget);
            case NOT_EQUAL -> !PythonValues.areEqual(left, right, budget);
            case LESS -> PythonValues.compare(left, right, budget) < 0;
            case LESS_OR_EQUAL -> PythonValues.compare(left, right, budget) <= 0;
            case GREATER -> PythonValues.compare(left, right, budget) > 0;
            case GREATER_OR_EQUAL -> PythonValues.compare(left, right, budget) >= 0;
            case IN -> contains(right, left, budget);
            case NOT_IN -> !contains(right, left, budget);
            case ADD -> add(left, right, budget);
            case CONCATENATE -> join(PythonText.of(left, budget), PythonText.of(right, budget), budget);
            case MULTIPLY -> multiply(left, right, budget);
            default -> arithmetic(left, right);
        };
    }

    private static boolean contains(Object container, Object element, RenderBudget budget) {
        if (container instanceof String text && element instanceof String part) {
            budget.charge(text.length());
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            return !(element instanceof List) && !(element instanceof Map) && map.containsKey(element);
        }
        if (container instanceof List<?> list) {
            for (Object candidate : list) {
                if (PythonValues.areEqual(candidate, element, budget)) {
                    return true;
                }
            }
            return false;
        }
        if (container instanceof Undefined) {
            return false;
        }
        throw new TemplateFailure("'in' needs a string, list or mapping on its right, found "
                + PythonValues.typeName(container) + " on the right of " + PythonValues.typeName(element));
    }

    private Object add(Object left, Object right, RenderBudget budget) {
        if (left instanceof String first && right instanceof String second) {
            return join(first, second, budget);
        }
        if (left instanceof List<?> first && right instanceof List<?> second) {
            budget.charge(8L * (first.size() + second.size()));
            List<Object> both = new ArrayList<>(first.size() + second.size());
            both.addAll(first);
            both.addAll(second);
            return both;
        }
        return arithmetic(left, right);
    }

    private static String join(String left, String right, RenderBudget budget) {
        budget.charge((long) left.length() + right.length());
        return left + right;
    }

    private Object multiply(Object left, Object right, RenderBudget budget) {
        if (left instanceof String text && right instanceof Long count) {
            return repeat(text, count, budget);
        }
        if (right instanceof String text && left instanceof Long count) {
            return repeat(text, count, budget);
        }
        return arithmetic(left, right);
    }

    private static String repeat(String text, long count, RenderBudget budget) {
        if (count <= 0 || text.isEmpty()) {
            return "";
        }
        budget.charge(count > Integer.MAX_VALUE ? Long.MAX_VALUE / 2 : text.length() * count);
        return text.repeat((int) count);
    }

    private Object arithmetic(Object left, Object right) {
        if (!PythonValues.isNumber(left) || !PythonValues.isNumber(right)) {
            throw new TemplateFailure("unsupported operands for " + name() + ": " + PythonValues.typeName(left)
                    + " and " + PythonValues.typeName(right));
        }
        try {
            return left instanceof Double || right instanceof Double || this == DIVIDE
                    ? (Object) real(PythonValues.toDouble(left), PythonValues.toDouble(right))
                    : (Object) whole(PythonValues.toLong(left), PythonValues.toLong(right));
        } catch (ArithmeticException e) {
            throw new TemplateFailure(name() + " of " + left + " and " + right + ": " + e.getMessage());
        }
    }

    private double real(double left, double right) {
        if (right == 0 && (this == DIVIDE || this == FLOOR_DIVIDE || this == REMAINDER)) {
            throw new ArithmeticException("division by zero");
        }
        return switch (this) {
            case ADD -> left + right;
            case SUBTRACT -> left - right;
            case MULTIPLY -> left * right;
            case DIVIDE -> left / right;
            case FLOOR_DIVIDE -> Math.floor(left / right);
            case REMAINDER -> left - Math.floor(left / right) * right;
            case POWER -> Math.pow(left, right);
            default -> throw new IllegalStateException(name());
        };
    }

    private long whole(long left, long right) {
        return switch (this) {
            case ADD -> Math.addExact(left, right);
            case SUBTRACT -> Math.subtractExact(left, right);
            case MULTIPLY -> Math.multiplyExact(left, right);
            // The one quotient that overflows would come back with the wrong sign.
            case FLOOR_DIVIDE -> right == -1 ? Math.negateExact(left) : Math.floorDiv(left, right);
            case REMAINDER -> Math.floorMod(left, right);
            case POWER -> power(left, right);
            default -> throw new IllegalStateException(name());
        };
    }

    private static long power(long base, long exponent) {
        if (exponent < 0) {
            throw new ArithmeticException("negative exponent");
        }
        long result = 1;
        long square = base;
        for (long rest = exponent; rest > 0; rest >>= 1) {
            if ((rest & 1) == 1) {
                result = Math.multiplyExact(result, square);
            }
            if (rest > 1) {
                square = Math.multiplyExact(square, square);
            }
        }
        return result;
    }
}
