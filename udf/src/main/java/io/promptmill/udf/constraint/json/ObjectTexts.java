package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Objects as JSON writes them: properties in the order of the schema, then additional ones under names without escapes. The
 * names of additional properties differ from those of the schema; they may repeat one another.
 */
final class ObjectTexts {
    /** Most additional properties in one object. */
    private static final int MAXIMUM_ADDITIONAL = 16;
    /** Most characters of the name of an additional property. */
    private static final int MAXIMUM_NAME = 32;

    private static final Automaton NAMES = Operations.intersection(
            Automatons.regular("[ !#-\\[\\]-\uD7FF\uE000-\uDBFF\uDFFF]+"), Automatons.lengths(1, MAXIMUM_NAME));

    /**
     * @param text of name, colon and value
     */
    private record Member(Expression text, boolean required) {}

    private final ObjectShape objects;
    private final String rule;
    private final SchemaGrammar grammar;

    /**
     * @param rule name from which those of further rules are made
     */
    ObjectTexts(ObjectShape objects, String rule, SchemaGrammar grammar) {
        this.objects = objects;
        this.rule = rule;
        this.grammar = grammar;
    }

    Expression expression() {
        boolean additional = !objects.closed() && !objects.shut() && grammar.has(objects.additional());
        if (additional && objects.properties().isEmpty() && objects.additional().isAny()) {
            return JsonLexicon.OBJECT;
        }
        List<Member> members = members();
        Expression body = body(members, additional ? additional() : null);
        return Expression.sequence(Expression.text("{"), body, Expression.text("}"));
    }

    private List<Member> members() {
        List<Member> members = new ArrayList<>();
        for (Map.Entry<String, Conjunction> property : objects.properties().entrySet()) {
            if (grammar.has(property.getValue())) {
                Automaton name = Operations.concatenate(
                        Automata.makeString(StringTexts.quoted(property.getKey()) + ":"),
                        Operations.optional(Automata.makeChar(' ')));
                Expression text = Expression.sequence(
                        new Expression.Regular(Automatons.deterministic(name)), grammar.of(property.getValue()));
                members.add(new Member(text, objects.required().contains(property.getKey())));
            }
        }
        return members;
    }

    private Expression additional() {
        Automaton names =
                Automatons.minus(NAMES, Automatons.strings(objects.properties().keySet()));
        return Expression.sequence(
                new Expression.Regular(StringTexts.quoted(names)), JsonLexicon.COLON, grammar.of(objects.additional()));
    }

    /**
     * What stands between the braces. Before the first required member, a member is followed by its comma; behind it, it is
     * preceded by it.
     */
    private Expression body(List<Member> members, Expression additional) {
        int first = 0;
        while (first < members.size() && !members.get(first).required()) {
            first++;
        }
        if (first == members.size()) {
            return optionalBody(members, additional);
        }
        List<Expression> parts = new ArrayList<>();
        for (Member member : members.subList(0, first)) {
            parts.add(Expression.optional(Expression.sequence(member.text(), JsonLexicon.COMMA)));
        }
        parts.add(members.get(first).text());
        for (Member member : members.subList(first + 1, members.size())) {
            Expression behind = Expression.sequence(JsonLexicon.COMMA, member.text());
            parts.add(member.required() ? behind : Expression.optional(behind));
        }
        if (additional != null) {
            parts.add(further(additional, MAXIMUM_ADDITIONAL));
        }
        return new Expression.Sequence(parts);
    }

    /** Where no member is required: any one may be the first, and a rule says what may follow on each. */
    private Expression optionalBody(List<Member> members, Expression additional) {
        List<Expression> beginnings = new ArrayList<>();
        Expression behind = additional == null ? Expression.sequence() : further(additional, MAXIMUM_ADDITIONAL);
        if (additional != null) {
            beginnings.add(Expression.sequence(additional, further(additional, MAXIMUM_ADDITIONAL - 1)));
        }
        for (int i = members.size() - 1; i >= 0; i--) {
            Expression text = members.get(i).text();
            beginnings.add(0, Expression.sequence(text, behind));
            if (i > 0) {
                Expression next = Expression.optional(Expression.sequence(JsonLexicon.COMMA, text));
                behind = grammar.rule(rule + " ~ from " + (i + 1), Expression.sequence(next, behind));
            }
        }
        return beginnings.isEmpty() ? behind : Expression.optional(new Expression.Choice(beginnings));
    }

    private static Expression further(Expression additional, int most) {
        return new Expression.Repetition(Expression.sequence(JsonLexicon.COMMA, additional), 0, most);
    }
}
