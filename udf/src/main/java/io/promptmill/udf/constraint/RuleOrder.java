package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of a grammar that its root needs, in groups: rules that refer to one another in a circle are one group, and a
 * group follows all that it refers to (strongly connected components, by Tarjan, Depth-first search and linear graph
 * algorithms, 1972). Works without recursion, so that a long chain of rules costs no stack.
 */
final class RuleOrder {
    private final Grammar grammar;
    private final Map<String, Set<String>> references = new HashMap<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Integer> lowest = new HashMap<>();
    private final Deque<String> open = new ArrayDeque<>();
    private final Set<String> closed = new LinkedHashSet<>();
    private final List<List<String>> groups = new ArrayList<>();

    private RuleOrder(Grammar grammar) {
        this.grammar = grammar;
    }

    /** @throws ConfigException where a rule refers to one that does not exist */
    static List<List<String>> of(Grammar grammar) {
        RuleOrder order = new RuleOrder(grammar);
        if (!grammar.rules().containsKey(grammar.root())) {
            throw new ConfigException(
                    grammar.origin() + " has no rule '" + grammar.root() + "', which is where texts begin");
        }
        grammar.rules().forEach((name, rule) -> order.references.put(name, order.referencesOf(name, rule)));
        order.visit(grammar.root());
        return order.groups;
    }

    /** True where the rules of a group refer to themselves. */
    static boolean isRecursive(List<String> group, Grammar grammar) {
        return group.size() > 1
                || new RuleOrder(grammar)
                        .referencesOf(group.get(0), grammar.rules().get(group.get(0)))
                        .contains(group.get(0));
    }

    private Set<String> referencesOf(String name, Expression rule) {
        Set<String> found = new LinkedHashSet<>();
        Set<Expression> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Expression> pending = new ArrayDeque<>(List.of(rule));
        while (!pending.isEmpty()) {
            Expression expression = pending.pop();
            if (!seen.add(expression)) {
                continue;
            }
            if (expression instanceof Expression.Reference reference) {
                found.add(existing(name, reference.rule()));
            } else {
                pending.addAll(partsOf(expression));
            }
        }
        return found;
    }

    private static List<Expression> partsOf(Expression expression) {
        if (expression instanceof Expression.Sequence sequence) {
            return sequence.parts();
        } else if (expression instanceof Expression.Choice choice) {
            return choice.alternatives();
        } else if (expression instanceof Expression.Repetition repetition) {
            return List.of(repetition.part());
        }
        return List.of();
    }

    private String existing(String from, String to) {
        if (!grammar.rules().containsKey(to)) {
            throw new ConfigException(
                    grammar.origin() + ": rule '" + from + "' refers to rule '" + to + "', which does not exist");
        }
        return to;
    }

    private void visit(String root) {
        Deque<Deque<String>> pending = new ArrayDeque<>();
        Deque<String> path = new ArrayDeque<>();
        enter(root, path, pending);
        while (!path.isEmpty()) {
            String rule = path.peek();
            String next = pending.peek().poll();
            if (next == null) {
                leave(path, pending);
            } else if (!numbers.containsKey(next)) {
                enter(next, path, pending);
            } else if (!closed.contains(next)) {
                lowest.merge(rule, numbers.get(next), Math::min);
            }
        }
    }

    private void enter(String rule, Deque<String> path, Deque<Deque<String>> pending) {
        numbers.put(rule, numbers.size());
        lowest.put(rule, numbers.get(rule));
        open.push(rule);
        path.push(rule);
        pending.push(new ArrayDeque<>(references.get(rule)));
    }

    private void leave(Deque<String> path, Deque<Deque<String>> pending) {
        String rule = path.pop();
        pending.pop();
        if (!path.isEmpty()) {
            lowest.merge(path.peek(), lowest.get(rule), Math::min);
        }
        if (lowest.get(rule).equals(numbers.get(rule))) {
            List<String> group = new ArrayList<>();
            do {
                group.add(open.peek());
                closed.add(open.peek());
            } while (!open.pop().equals(rule));
            groups.add(group);
        }
    }
}
