package io.promptmill.udf.constraint.json;

import io.promptmill.udf.constraint.Expression;

/** Arrays as JSON writes them. */
final class ArrayTexts {
    private ArrayTexts() {}

    static Expression of(ArrayShape arrays, SchemaGrammar grammar) {
        int first = 0;
        while (first < arrays.prefix().size() && grammar.has(arrays.prefix().get(first))) {
            first++;
        }
        boolean all = first == arrays.prefix().size() && grammar.has(arrays.items());
        int most = all ? arrays.most() : Math.min(first, arrays.most());
        Expression items = Expression.sequence();
        int listed = Math.min(Math.max(first, 1), most);
        if (most > listed) {
            Expression item = Expression.sequence(JsonLexicon.COMMA, grammar.of(arrays.items()));
            int left = most == Expression.UNBOUNDED ? most : most - listed;
            items = new Expression.Repetition(item, Math.max(0, arrays.least() - listed), left);
        }
        for (int i = listed - 1; i >= 0; i--) {
            Expression item = grammar.of(arrays.at(i));
            items = i == 0 ? Expression.sequence(item, items) : Expression.sequence(JsonLexicon.COMMA, item, items);
            items = i < arrays.least() ? items : Expression.optional(items);
        }
        return Expression.sequence(Expression.text("["), items, Expression.text("]"));
    }
}
