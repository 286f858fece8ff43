package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;
import io.promptmill.udf.constraint.Grammar;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The rules of JSON itself (RFC 8259) without white space, but for one optional space behind colons and commas. Numbers have
 * at most 15 digits before and behind the point and two in the exponent, so that every reader can hold them.
 */
public final class JsonLexicon {
    static final Expression VALUE = new Expression.Reference("value");
    static final Expression OBJECT = new Expression.Reference("object");
    static final Expression ARRAY = new Expression.Reference("array");
    static final Expression STRING = new Expression.Reference("string");
    static final Expression NUMBER = new Expression.Reference("number");
    static final Expression INTEGER = new Expression.Reference("integer");

    static final Expression COLON = new Expression.Regular(Automatons.regular(": ?"));
    static final Expression COMMA = new Expression.Regular(Automatons.regular(", ?"));

    /** What the expressions of this class refer to. */
    static final Map<String, Expression> RULES = rules();

    private JsonLexicon() {}

    /** Any object. */
    public static Grammar anyObject() {
        return new Grammar("json_object", RULES, "object");
    }

    private static Map<String, Expression> rules() {
        Expression member = Expression.sequence(STRING, COLON, VALUE);
        Map<String, Expression> rules = new LinkedHashMap<>();
        rules.put("object", Expression.sequence(Expression.text("{"), list(member), Expression.text("}")));
        rules.put("array", Expression.sequence(Expression.text("["), list(VALUE), Expression.text("]")));
        rules.put("string", StringTexts.ANY);
        rules.put(
                "number",
                new Expression.Regular(
                        Automatons.regular("\\-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?([eE][+\\-]?[0-9]{1,2})?")));
        rules.put("integer", new Expression.Regular(Automatons.regular("0|\\-?[1-9][0-9]{0,14}")));
        rules.put(
                "value",
                Expression.choice(
                        OBJECT, ARRAY, STRING, NUMBER, new Expression.Regular(Automatons.regular("true|false|null"))));
        return Collections.unmodifiableMap(rules);
    }

    private static Expression list(Expression element) {
        return Expression.optional(Expression.sequence(
                element, new Expression.Repetition(Expression.sequence(COMMA, element), 0, Expression.UNBOUNDED)));
    }
}
