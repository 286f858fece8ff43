package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.lucene.util.automaton.Automata;

/** Small random grammars of the characters a, b, é and €. */
final class RandomGrammars {
    static final String[] CHARACTERS = {"a", "a", "a", "b", "b", "é", "€"};

    private final Random random;

    RandomGrammars(long seed) {
        random = new Random(seed);
    }

    Grammar next() {
        int count = 1 + random.nextInt(4);
        Map<String, Expression> rules = new LinkedHashMap<>();
        for (int rule = 0; rule < count; rule++) {
            rules.put("rule" + rule, expression(count, 3));
        }
        return new Grammar("grammar", rules, "rule0");
    }

    private Expression expression(int rules, int depth) {
        return switch (random.nextInt(depth == 0 ? 4 : 9)) {
            case 0, 1 -> Expression.text(text(1 + random.nextInt(2)));
            case 2 -> new Expression.Regular(Automata.makeCharRange('a', 'a' + random.nextInt(2)));
            case 3 -> new Expression.Reference("rule" + random.nextInt(rules));
            case 4 -> repetition(expression(rules, depth - 1));
            case 5 -> new Expression.Choice(several(rules, depth - 1));
            default -> new Expression.Sequence(several(rules, depth - 1));
        };
    }

    private Expression repetition(Expression part) {
        int least = random.nextInt(2);
        int most = random.nextInt(3) == 0 ? Expression.UNBOUNDED : least + random.nextInt(3);
        return new Expression.Repetition(part, least, most);
    }

    private List<Expression> several(int rules, int depth) {
        List<Expression> parts = new ArrayList<>();
        int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(3);
        for (int part = 0; part < count; part++) {
            parts.add(expression(rules, depth));
        }
        return parts;
    }

    String text(int length) {
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < length; index++) {
            text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
        }
        return text.toString();
    }
}
