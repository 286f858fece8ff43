package io.promptmill.udf.constraint;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Random texts of a {@link Grammar}. Not thread-safe. */
final class ExpressionTexts {
    private static final int NEVER = 1_000_000;
    private static final int TEXT = 12;

    private final Grammar grammar;
    /** Calls of rules within rules that a shortest text of a rule takes. */
    private final Map<String, Integer> heights = new HashMap<>();

    private final SplittableRandom random;
    private int budget;

    ExpressionTexts(Grammar grammar, SplittableRandom random) {
        this.grammar = grammar;
        this.random = random;
        for (boolean changed = true; changed; ) {
            changed = false;
            for (Map.Entry<String, Expression> rule : grammar.rules().entrySet()) {
                int height = height(rule.getValue());
                Integer earlier = heights.put(rule.getKey(), height);
                changed |= earlier == null || earlier != height;
            }
        }
    }

    /** A text that takes the shortest way after about {@code length} parts. */
    String next(int length) {
        budget = length;
        StringBuilder text = new StringBuilder();
        append(grammar.rules().get(grammar.root()), text);
        return text.toString();
    }

    private int height(Expression expression) {
        if (expression instanceof Expression.Reference reference) {
            return Math.min(NEVER, 1 + heights.getOrDefault(reference.rule(), NEVER));
        } else if (expression instanceof Expression.Repetition repetition) {
            return repetition.least() == 0 ? 0 : height(repetition.part());
        } else if (expression instanceof Expression.Choice choice) {
            return choice.alternatives().stream().mapToInt(this::height).min().orElse(NEVER);
        } else if (expression instanceof Expression.Sequence sequence) {
            return sequence.parts().stream().mapToInt(this::height).max().orElse(0);
        }
        return 0;
    }

    private void append(Expression expression, StringBuilder text) {
        budget--;
        if (expression instanceof Expression.Regular regular) {
            text.append(new AutomatonTexts(regular.codePoints()).random(random, TEXT));
        } else if (expression instanceof Expression.Reference reference) {
            append(grammar.rules().get(reference.rule()), text);
        } else if (expression instanceof Expression.Sequence sequence) {
            sequence.parts().forEach(part -> append(part, text));
        } else if (expression instanceof Expression.Choice choice) {
            List<Expression> ways = choice.alternatives();
            int height = height(choice);
            List<Expression> shortest =
                    ways.stream().filter(way -> height(way) == height).toList();
            ways = budget > 0 ? ways : shortest;
            append(ways.get(random.nextInt(ways.size())), text);
        } else if (expression instanceof Expression.Repetition repetition) {
            int times = 0;
            while (times < repetition.least()
                    || times < repetition.most()
                            && budget > 0
                            && random.nextInt(4) > 0
                            && height(repetition.part()) < NEVER) {
                append(repetition.part(), text);
                times++;
            }
        }
    }
}
