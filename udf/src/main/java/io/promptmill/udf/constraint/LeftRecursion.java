package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/**
 * Rules that begin with themselves, which would call themselves without end. {@code a = a x | b} is rewritten to
 * {@code a = b x*}; a rule that begins with itself through others is refused.
 */
final class LeftRecursion {
    private final String origin;
    private final CalledRules rules;

    LeftRecursion(String origin, CalledRules rules) {
        this.origin = origin;
        this.rules = rules;
    }

    /**
     * Rewrites rules that begin with themselves.
     *
     * @return for each rule its rank: a rule has a lower rank than those that it may begin with
     */
    int[] resolve() {
        BitSet[] first = new BitSet[rules.size()];
        for (int rule = 0; rule < first.length; rule++) {
            first[rule] = ByteAutomata.firstCalls(rules.automaton(rule));
            if (first[rule].get(rule)) {
                rewrite(rule);
                first[rule] = ByteAutomata.firstCalls(rules.automaton(rule));
            }
        }
        return ranks(first);
    }

    private void rewrite(int rule) {
        Automaton automaton = rules.automaton(rule);
        int label = Piece.FIRST_CALL + rule;
        int behind = automaton.step(0, label);
        Automaton others = Operations.removeDeadStates(ByteAutomata.from(automaton, 0, label, false));
        Automaton more = ByteAutomata.from(automaton, behind, -1, automaton.isAccept(behind));
        try {
            rules.replace(
                    rule,
                    others.getNumStates() == 0
                            ? Automata.makeEmpty()
                            : ByteAutomata.deterministic(Operations.concatenate(
                                    others, Operations.repeat(Operations.removeDeadStates(more)))));
        } catch (TooComplexToDeterminizeException e) {
            throw refusal(List.of(rule, rule));
        }
    }

    /** Numbers the rules in the order in which a depth-first search leaves them, from the last on. */
    private int[] ranks(BitSet[] first) {
        int[] ranks = new int[first.length];
        BitSet entered = new BitSet();
        int rank = first.length;
        for (int root = 0; root < first.length; root++) {
            Deque<Integer> path = new ArrayDeque<>();
            BitSet onPath = new BitSet();
            if (!entered.get(root)) {
                path.push(root);
                entered.set(root);
                onPath.set(root);
            }
            while (!path.isEmpty()) {
                int rule = path.peek();
                int next = first[rule].nextSetBit(0);
                if (next < 0) {
                    ranks[path.pop()] = --rank;
                    onPath.clear(rule);
                } else {
                    first[rule].clear(next);
                    enter(next, path, onPath, entered);
                }
            }
        }
        return ranks;
    }

    private void enter(int rule, Deque<Integer> path, BitSet onPath, BitSet entered) {
        if (!entered.get(rule)) {
            entered.set(rule);
            path.push(rule);
            onPath.set(rule);
        } else if (onPath.get(rule)) {
            List<Integer> circle = new ArrayList<>();
            for (int index : path) {
                circle.add(0, index);
                if (index == rule) {
                    break;
                }
            }
            circle.add(rule);
            throw refusal(circle);
        }
    }

    private ConfigException refusal(List<Integer> circle) {
        List<String> names = circle.stream().map(rules::name).toList();
        return new ConfigException(origin + ": rule '" + names.get(0) + "' begins with itself ("
                + String.join(" -> ", names)
                + "), so that it could be read without end; write the repetition behind what it"
                + " repeats, as in a ::= b x* instead of a ::= a x | b");
    }
}
