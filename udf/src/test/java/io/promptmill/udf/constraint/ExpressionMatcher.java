package io.promptmill.udf.constraint;

import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;

/** Tells which texts a {@link Grammar} describes, by trying; for grammars without left recursion. Not thread-safe. */
final class ExpressionMatcher {
    private final Grammar grammar;
    /** By expression and place: where a match from there may end. */
    private final Map<Expression, Map<Integer, BitSet>> known = new IdentityHashMap<>();

    private int[] text;

    ExpressionMatcher(Grammar grammar) {
        this.grammar = grammar;
    }

    boolean matches(String candidate) {
        known.clear();
        text = candidate.codePoints().toArray();
        return ends(grammar.rules().get(grammar.root()), 0).get(text.length);
    }

    private BitSet ends(Expression expression, int start) {
        Map<Integer, BitSet> places = known.computeIfAbsent(expression, key -> new HashMap<>());
        BitSet ends = places.get(start);
        if (ends == null) {
            ends = found(expression, start);
            places.put(start, ends);
        }
        return ends;
    }

    private BitSet found(Expression expression, int start) {
        if (expression instanceof Expression.Regular regular) {
            return ends(regular.codePoints(), start);
        } else if (expression instanceof Expression.Reference reference) {
            return ends(grammar.rules().get(reference.rule()), start);
        } else if (expression instanceof Expression.Repetition repetition) {
            return ends(repetition, start);
        }
        BitSet found = new BitSet();
        if (expression instanceof Expression.Choice choice) {
            choice.alternatives().forEach(alternative -> found.or(ends(alternative, start)));
            return found;
        }
        found.set(start);
        for (Expression part : ((Expression.Sequence) expression).parts()) {
            BitSet next = new BitSet();
            found.stream().forEach(place -> next.or(ends(part, place)));
            found.clear();
            found.or(next);
        }
        return found;
    }

    private BitSet ends(Automaton automaton, int start) {
        BitSet found = new BitSet();
        BitSet states = new BitSet();
        states.set(0);
        for (int at = start; !states.isEmpty(); at++) {
            if (states.stream().anyMatch(automaton::isAccept)) {
                found.set(at);
            }
            BitSet next = new BitSet();
            if (at < text.length) {
                int label = text[at];
                states.stream()
                        .map(state -> automaton.step(state, label))
                        .filter(state -> state >= 0)
                        .forEach(next::set);
            }
            states = next;
        }
        return found;
    }

    private BitSet ends(Expression.Repetition repetition, int start) {
        BitSet reached = new BitSet();
        reached.set(start);
        BitSet found = repetition.least() == 0 ? (BitSet) reached.clone() : new BitSet();
        // More often than there are characters is as good as that: a part that may be empty is in the first ones.
        int most = Math.min(repetition.most(), repetition.least() + text.length + 1);
        for (int times = 1; times <= most && !reached.isEmpty(); times++) {
            BitSet next = new BitSet();
            reached.stream().forEach(place -> next.or(ends(repetition.part(), place)));
            reached = next;
            if (times >= repetition.least()) {
                found.or(reached);
            }
        }
        return found;
    }
}
