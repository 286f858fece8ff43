package io.promptmill.udf.constraint;

import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** Whether a text is one of a grammar's, by trying all ways; for grammars without left recursion. */
final class Recogniser {
    private final Grammar grammar;
    private final Map<Automaton, Automaton> deterministic = new IdentityHashMap<>();
    private final Map<Expression, Map<Integer, BitSet>> known = new IdentityHashMap<>();
    private int[] text;

    Recogniser(Grammar grammar) {
        this.grammar = grammar;
    }

    boolean accepts(String wanted) {
        text = wanted.codePoints().toArray();
        known.clear();
        return ends(grammar.rules().get(grammar.root()), 0).get(text.length);
    }

    /** Where an expression may end that begins at a place. */
    private BitSet ends(Expression expression, int start) {
        Map<Integer, BitSet> places = known.computeIfAbsent(expression, key -> new HashMap<>());
        BitSet ends = places.get(start);
        if (ends == null) {
            ends = search(expression, start);
            places.put(start, ends);
        }
        return ends;
    }

    private BitSet search(Expression expression, int start) {
        BitSet ends = new BitSet();
        if (expression instanceof Expression.Reference reference) {
            return ends(grammar.rules().get(reference.rule()), start);
        } else if (expression instanceof Expression.Sequence sequence) {
            ends.set(start);
            for (Expression part : sequence.parts()) {
                ends = behind(part, ends);
            }
        } else if (expression instanceof Expression.Choice choice) {
            for (Expression alternative : choice.alternatives()) {
                ends.or(ends(alternative, start));
            }
        } else if (expression instanceof Expression.Repetition repetition) {
            BitSet at = new BitSet();
            at.set(start);
            for (int i = 0; i <= repetition.most() && !at.isEmpty() && i <= text.length + repetition.least(); i++) {
                if (i >= repetition.least()) {
                    ends.or(at);
                }
                at = behind(repetition.part(), at);
            }
        } else if (expression instanceof Expression.Regular regular) {
            run(regular.codePoints(), start, ends);
        }
        return ends;
    }

    private BitSet behind(Expression part, BitSet starts) {
        BitSet ends = new BitSet();
        starts.stream().forEach(start -> ends.or(ends(part, start)));
        return ends;
    }

    private void run(Automaton automaton, int start, BitSet ends) {
        Automaton steps = deterministic.computeIfAbsent(automaton, key -> Operations.determinize(key, 1_000_000));
        int state = 0;
        for (int at = start; state >= 0; at++) {
            if (steps.isAccept(state)) {
                ends.set(at);
            }
            state = at < text.length ? steps.step(state, text[at]) : -1;
        }
    }
}
