package io.promptmill.udf.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.constraint.Expression;
import io.promptmill.udf.constraint.Grammar;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * The grammar of the JSON texts that are valid under a schema: without white space, but for one optional space behind colons
 * and commas; properties in the order of the schema. A rule for each schema of objects or arrays. For one thread.
 */
public final class SchemaGrammar {
    private final Inhabitants inhabitants;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private final Map<Conjunction, Expression> expressions = new HashMap<>();
    /** Schemas whose rules are still to be written. */
    private final Deque<Conjunction> open = new ArrayDeque<>();

    private SchemaGrammar(Inhabitants inhabitants) {
        this.inhabitants = inhabitants;
    }

    /**
     * @throws io.promptmill.udf.error.ConfigException where the text is no schema, uses what is not supported, or admits
     *     nothing; names the place as a JSON pointer
     */
    public static Grammar parse(String source, Patterns patterns) {
        Expansion expansion = new Expansion(new Schemas(SchemaText.parse(source), patterns));
        Conjunction root = Conjunction.of(Pointers.ROOT);
        Inhabitants inhabitants = new Inhabitants(expansion, root);
        if (!inhabitants.has(root)) {
            throw inhabitants.reason(root).exception();
        }
        return new SchemaGrammar(inhabitants).grammar(root);
    }

    private Grammar grammar(Conjunction root) {
        rules.put(root.rule(), Expression.choice());
        open.add(root);
        while (!open.isEmpty()) {
            Conjunction next = open.pop();
            rules.put(next.rule(), shapes(next));
        }
        rules.putAll(JsonLexicon.RULES);
        return new Grammar("json_schema", rules, root.rule());
    }

    /** The texts of values under the schemas: itself, or a reference to a rule. */
    Expression of(Conjunction conjunction) {
        if (conjunction.isAny()) {
            return JsonLexicon.VALUE;
        }
        Expression known = expressions.get(conjunction);
        if (known != null) {
            return known;
        }
        boolean nested = inhabitants.shapes(conjunction).stream()
                .anyMatch(shape -> shape.values() == null
                        && (shape.types().contains(JsonType.ARRAY)
                                || shape.types().contains(JsonType.OBJECT)));
        Expression expression;
        if (nested) {
            expression = new Expression.Reference(conjunction.rule());
            if (rules.putIfAbsent(conjunction.rule(), Expression.choice()) == null) {
                open.add(conjunction);
            }
        } else {
            expression = shapes(conjunction);
        }
        expressions.put(conjunction, expression);
        return expression;
    }

    /** Adds a rule; returns a reference to it. */
    Expression rule(String name, Expression expression) {
        rules.put(name, expression);
        return new Expression.Reference(name);
    }

    boolean has(Conjunction conjunction) {
        return inhabitants.has(conjunction);
    }

    private Expression shapes(Conjunction conjunction) {
        List<Expression> alternatives = new ArrayList<>();
        List<Shape> shapes = inhabitants.shapes(conjunction);
        for (int i = 0; i < shapes.size(); i++) {
            String name = shapes.size() == 1 ? conjunction.rule() : conjunction.rule() + " ~ " + (i + 1);
            add(shapes.get(i), name, alternatives);
        }
        return alternatives.size() == 1 ? alternatives.get(0) : new Expression.Choice(alternatives);
    }

    private void add(Shape shape, String name, List<Expression> alternatives) {
        if (shape.values() != null) {
            alternatives.add(values(shape.values()));
            return;
        }
        for (JsonType type : JsonType.values()) {
            if (inhabitants.has(shape, type)) {
                alternatives.add(
                        switch (type) {
                            case NULL -> Expression.text("null");
                            case BOOLEAN ->
                                new Expression.Regular(Automatons.strings(shape.booleans().stream()
                                        .map(String::valueOf)
                                        .toList()));
                            case NUMBER -> number(shape.numbers());
                            case STRING -> string(shape.strings());
                            case ARRAY -> ArrayTexts.of(shape.arrays(), this);
                            case OBJECT -> new ObjectTexts(shape.objects(), name, this).expression();
                        });
            }
        }
    }

    private static Expression number(NumberRange range) {
        if (range.isLimited()) {
            return new Expression.Regular(NumberTexts.of(range));
        }
        return range.integer() ? JsonLexicon.INTEGER : JsonLexicon.NUMBER;
    }

    private static Expression string(StringSet strings) {
        return strings.isFree() ? JsonLexicon.STRING : StringTexts.of(strings);
    }

    private static Expression values(List<JsonNode> values) {
        Map<Boolean, List<List<String>>> texts =
                values.stream().map(Values::pieces).collect(Collectors.partitioningBy(pieces -> pieces.size() == 1));
        List<Automaton> parts = new ArrayList<>();
        parts.add(Automatons.strings(
                texts.get(true).stream().map(pieces -> pieces.get(0)).toList()));
        Automaton space = Operations.optional(Automata.makeChar(' '));
        for (List<String> pieces : texts.get(false)) {
            List<Automaton> sequence = new ArrayList<>();
            for (String piece : pieces) {
                sequence.add(Automata.makeString(piece));
                sequence.add(space);
            }
            parts.add(Operations.concatenate(sequence.subList(0, sequence.size() - 1)));
        }
        return new Expression.Regular(
                parts.size() == 1 ? parts.get(0) : Automatons.deterministic(Operations.union(parts)));
    }
}
