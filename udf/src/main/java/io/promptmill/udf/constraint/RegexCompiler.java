package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.MinimizationOperations;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Turns a parsed regular expression into an automaton. On the way, labels are the numbers of {@link CodePointClasses},
 * and two more that stand for the beginning and the end of the text. Not thread-safe.
 */
final class RegexCompiler {
    /** Of the expression with its repetitions written out. */
    private static final int MAXIMUM_PARTS = 20_000;
    /** Transitions of single labels that are looked at in making the automaton deterministic: some 0.3 s. */
    private static final int DETERMINIZE_WORK = 4_000_000;

    private static final int MAXIMUM_STATES = 20_000;
    /** States times labels; where there are more, the automaton is used as it is. */
    private static final int MAXIMUM_MINIMIZED = 200_000;

    private static final int MAXIMUM_TRANSITIONS = 1_000_000;

    private final String origin;
    private CodePointClasses classes;

    /** @param origin names the expression, for messages */
    RegexCompiler(String origin) {
        this.origin = origin;
    }

    Automaton compile(RegexNode node, boolean anchored) {
        if (parts(node) > MAXIMUM_PARTS) {
            throw new ConfigException(origin + ": with its repetitions written out it has more than " + MAXIMUM_PARTS
                    + " characters; lower the counts, or use * and +");
        }
        List<CodePointSet> sets = new ArrayList<>();
        collect(node, sets);
        classes = new CodePointClasses(sets);
        Automaton labelled = automaton(node);
        if (!anchored) {
            Automaton any = Operations.repeat(Automata.makeCharRange(0, classes.count() - 1));
            labelled = Operations.concatenate(List.of(any, labelled, any));
        }
        Automaton texts = new RegexAnchors(classes.count()).resolve(labelled);
        return spelled(small(texts));
    }

    private static long parts(RegexNode node) {
        if (node instanceof RegexNode.Repetition repetition) {
            int times = repetition.most() == Expression.UNBOUNDED ? repetition.least() + 1 : repetition.most();
            return Math.min(Integer.MAX_VALUE, 1 + times * parts(repetition.part()));
        }
        long sum = 1;
        for (RegexNode part : children(node)) {
            sum = Math.min(Integer.MAX_VALUE, sum + parts(part));
        }
        return sum;
    }

    private static List<RegexNode> children(RegexNode node) {
        if (node instanceof RegexNode.Sequence sequence) {
            return sequence.parts();
        } else if (node instanceof RegexNode.Choice choice) {
            return choice.alternatives();
        } else if (node instanceof RegexNode.Repetition repetition) {
            return List.of(repetition.part());
        }
        return List.of();
    }

    private static void collect(RegexNode node, List<CodePointSet> sets) {
        if (node instanceof RegexNode.Characters characters) {
            sets.add(characters.set());
        }
        children(node).forEach(child -> collect(child, sets));
    }

    private Automaton automaton(RegexNode node) {
        if (node instanceof RegexNode.Characters characters) {
            return oneOf(classes.numbers(characters.set()));
        } else if (node instanceof RegexNode.Anchor anchor) {
            return Automata.makeChar(RegexAnchors.label(classes.count(), anchor.end()));
        } else if (node instanceof RegexNode.Repetition repetition) {
            return repeated(repetition);
        }
        List<Automaton> parts = children(node).stream().map(this::automaton).toList();
        if (parts.isEmpty()) {
            return Automata.makeEmptyString();
        }
        return node instanceof RegexNode.Choice ? Operations.union(parts) : Operations.concatenate(parts);
    }

    private static Automaton oneOf(BitSet labels) {
        Automaton automaton = new Automaton();
        int start = automaton.createState();
        int end = automaton.createState();
        automaton.setAccept(end, true);
        labels.stream().forEach(label -> automaton.addTransition(start, end, label));
        automaton.finishState();
        return automaton;
    }

    private Automaton repeated(RegexNode.Repetition repetition) {
        Automaton part = automaton(repetition.part());
        // Where the part may be empty, fewer are as good as more; and automata stay small.
        boolean mayBeEmpty = part.getNumStates() > 0 && part.isAccept(0);
        int least = mayBeEmpty ? 0 : repetition.least();
        return repetition.most() == Expression.UNBOUNDED
                ? Operations.repeat(part, least)
                : Operations.repeat(part, least, repetition.most());
    }

    /** Deterministic, and with as few states as that is possible with where it is cheap to find out. */
    private Automaton small(Automaton texts) {
        Automaton deterministic = SubsetConstruction.determinize(
                        texts, classes.count(), MAXIMUM_STATES, DETERMINIZE_WORK)
                .map(Operations::removeDeadStates)
                .orElseThrow(() -> new ConfigException(origin
                        + ": it needs too large an automaton, as expressions do that count what may begin anywhere,"
                        + " such as (a|b)*a(a|b){30}; lower the counts, or make neighbouring parts begin differently"));
        boolean cheap = (long) deterministic.getNumStates() * classes.count() <= MAXIMUM_MINIMIZED;
        return cheap ? MinimizationOperations.minimize(deterministic, Integer.MAX_VALUE) : deterministic;
    }

    /** The automaton with code points as labels, and at least one state. */
    private Automaton spelled(Automaton labelled) {
        Automaton.Builder spelled = new Automaton.Builder();
        Transition transition = new Transition();
        long added = 0;
        if (labelled.getNumStates() == 0) {
            spelled.createState();
        }
        for (int state = 0; state < labelled.getNumStates(); state++) {
            spelled.setAccept(spelled.createState(), labelled.isAccept(state));
        }
        for (int state = 0; state < labelled.getNumStates(); state++) {
            int count = labelled.initTransition(state, transition);
            for (int index = 0; index < count; index++) {
                labelled.getNextTransition(transition);
                for (int label = transition.min; label <= transition.max; label++) {
                    CodePointSet members = classes.members(label);
                    added += members.ranges();
                    if (added > MAXIMUM_TRANSITIONS) {
                        throw new ConfigException(origin + ": its automaton has more than " + MAXIMUM_TRANSITIONS
                                + " transitions; lower the counts, or use simpler sets of characters");
                    }
                    for (int range = 0; range < members.ranges(); range++) {
                        spelled.addTransition(state, transition.dest, members.first(range), members.last(range));
                    }
                }
            }
        }
        return spelled.finish();
    }
}
