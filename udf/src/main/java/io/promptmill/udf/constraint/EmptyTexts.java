package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which rules of a grammar describe, among others, the empty text. Refuses what is nested too deep. Not thread-safe. */
final class EmptyTexts {
    private static final int MAXIMUM_DEPTH = 400;

    private final Grammar grammar;
    private final Set<String> rules = new HashSet<>();
    private Map<Expression, Boolean> known;

    EmptyTexts(Grammar grammar) {
        this.grammar = grammar;
    }

    /**
     * Looks at a group of rules; those that it refers to have been looked at.
     *
     * @throws ConfigException where one is nested too deep; names it
     */
    void add(List<String> group) {
        boolean changed;
        do {
            changed = false;
            known = new IdentityHashMap<>();
            for (String rule : group) {
                changed |=
                        !rules.contains(rule) && hasEmpty(rule, grammar.rules().get(rule), 0) && rules.add(rule);
            }
        } while (changed && group.size() > 1);
    }

    boolean contains(String rule) {
        return rules.contains(rule);
    }

    private boolean hasEmpty(String rule, Expression expression, int depth) {
        Boolean before = known.get(expression);
        if (before != null) {
            return before;
        }
        if (depth > MAXIMUM_DEPTH) {
            throw new ConfigException(grammar.origin() + ": rule '" + rule + "' is nested more than " + MAXIMUM_DEPTH
                    + " deep; make rules of its inner parts");
        }
        boolean has;
        if (expression instanceof Expression.Sequence sequence) {
            has = counted(rule, sequence.parts(), depth) == sequence.parts().size();
        } else if (expression instanceof Expression.Choice choice) {
            has = counted(rule, choice.alternatives(), depth) > 0;
        } else if (expression instanceof Expression.Repetition repetition) {
            has = hasEmpty(rule, repetition.part(), depth + 1) || repetition.least() == 0;
        } else if (expression instanceof Expression.Reference reference) {
            has = rules.contains(reference.rule());
        } else {
            has = acceptsEmpty((Expression.Regular) expression);
        }
        known.put(expression, has);
        return has;
    }

    /** How many of the parts describe the empty text; looks at all, so that all are known not to be nested too deep. */
    private int counted(String rule, List<Expression> parts, int depth) {
        int count = 0;
        for (Expression part : parts) {
            count += hasEmpty(rule, part, depth + 1) ? 1 : 0;
        }
        return count;
    }

    private static boolean acceptsEmpty(Expression.Regular regular) {
        return regular.codePoints().getNumStates() > 0 && regular.codePoints().isAccept(0);
    }
}
