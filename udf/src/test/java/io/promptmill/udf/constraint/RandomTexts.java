package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/** Texts of a grammar by random walks, which turn to the nearest end once a text is long or deep. */
final class RandomTexts {
    private static final int LONG = 400;
    private static final int DEEP = 24;
    private static final int ENDLESS = 1_000_000;

    private final Grammar grammar;
    private final Random random;
    private final Map<String, Integer> depths = new HashMap<>();
    private final Map<Automaton, int[]> distances = new IdentityHashMap<>();
    private final StringBuilder text = new StringBuilder();

    RandomTexts(Grammar grammar, long seed) {
        this.grammar = grammar;
        random = new Random(seed);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Map.Entry<String, Expression> rule : grammar.rules().entrySet()) {
                int depth = depth(rule.getValue());
                changed |= depth < depths.getOrDefault(rule.getKey(), ENDLESS);
                depths.put(rule.getKey(), depth);
            }
        }
    }

    String next() {
        text.setLength(0);
        write(new Expression.Reference(grammar.root()), 0);
        return text.toString();
    }

    /** Rules inside of one another on the shortest way to an end. */
    private int depth(Expression expression) {
        if (expression instanceof Expression.Reference reference) {
            return Math.min(ENDLESS, 1 + depths.getOrDefault(reference.rule(), ENDLESS));
        }
        if (expression instanceof Expression.Sequence sequence) {
            return sequence.parts().stream().mapToInt(this::depth).max().orElse(0);
        }
        if (expression instanceof Expression.Choice choice) {
            return choice.alternatives().stream().mapToInt(this::depth).min().orElse(ENDLESS);
        }
        if (expression instanceof Expression.Repetition repetition) {
            return repetition.least() == 0 ? 0 : depth(repetition.part());
        }
        return 0;
    }

    private boolean hurries(int deep) {
        return deep > DEEP || text.length() > LONG;
    }

    private void write(Expression expression, int deep) {
        if (expression instanceof Expression.Reference reference) {
            write(grammar.rules().get(reference.rule()), deep + 1);
        } else if (expression instanceof Expression.Sequence sequence) {
            sequence.parts().forEach(part -> write(part, deep));
        } else if (expression instanceof Expression.Choice choice) {
            write(alternative(choice, deep), deep);
        } else if (expression instanceof Expression.Repetition repetition) {
            int count = count(repetition, deep);
            for (int i = 0; i < count; i++) {
                write(repetition.part(), deep);
            }
        } else if (expression instanceof Expression.Regular regular) {
            write(regular.codePoints());
        }
    }

    private Expression alternative(Expression.Choice choice, int deep) {
        List<Expression> alternatives = new ArrayList<>(choice.alternatives());
        if (hurries(deep)) {
            int least = alternatives.stream().mapToInt(this::depth).min().orElseThrow();
            alternatives.removeIf(alternative -> depth(alternative) > least);
        }
        alternatives.removeIf(alternative -> depth(alternative) >= ENDLESS);
        return alternatives.get(random.nextInt(alternatives.size()));
    }

    private int count(Expression.Repetition repetition, int deep) {
        int count = repetition.least();
        if (hurries(deep)) {
            return count;
        }
        if (repetition.most() < 20 && random.nextInt(10) == 0) {
            return repetition.most();
        }
        while (count < repetition.most() && random.nextInt(5) > 1) {
            count++;
        }
        return count;
    }

    private void write(Automaton automaton) {
        int[] distance = distances.computeIfAbsent(automaton, RandomTexts::distances);
        int state = 0;
        int steps = 0;
        Transition transition = new Transition();
        while (!automaton.isAccept(state) || automaton.getNumTransitions(state) > 0 && random.nextInt(6) > 0) {
            steps++;
            boolean straight = steps > 20 || random.nextInt(4) == 0;
            if (automaton.isAccept(state) && steps > 60) {
                return;
            }
            List<int[]> ways = new ArrayList<>();
            for (int i = 0; i < automaton.getNumTransitions(state); i++) {
                automaton.getTransition(state, i, transition);
                boolean nearer = distance[transition.dest] < distance[state] || automaton.isAccept(state);
                if (distance[transition.dest] < ENDLESS && (nearer || !straight)) {
                    ways.add(new int[] {transition.min, transition.max, transition.dest});
                }
            }
            int[] way = ways.get(random.nextInt(ways.size()));
            text.appendCodePoint(character(way[0], way[1]));
            state = way[2];
        }
    }

    private int character(int least, int most) {
        int c;
        do {
            c = switch (random.nextInt(6)) {
                case 0 -> least;
                case 1 -> most;
                case 2 -> least + random.nextInt(most - least + 1);
                default -> least + random.nextInt(Math.min(most, Math.max(least, 126)) - least + 1);
            };
        } while (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        return c;
    }

    private static int[] distances(Automaton automaton) {
        int[] distances = new int[automaton.getNumStates()];
        Arrays.fill(distances, ENDLESS);
        Transition transition = new Transition();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int state = 0; state < distances.length; state++) {
                int best = automaton.isAccept(state) ? 0 : distances[state];
                for (int i = 0; i < automaton.getNumTransitions(state); i++) {
                    automaton.getTransition(state, i, transition);
                    best = Math.min(best, 1 + distances[transition.dest]);
                }
                changed |= best < distances[state];
                distances[state] = best;
            }
        }
        return distances;
    }
}
