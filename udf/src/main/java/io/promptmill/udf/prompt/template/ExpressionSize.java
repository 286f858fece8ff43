package io.promptmill.udf.prompt.template;

/** Bounds what the parser is given: it recurses at every bracket, and looks ahead within them. */
final class ExpressionSize {
    private static final int LONGEST_EXPRESSION = 20_000;
    static final int DEEPEST_NESTING = 100;

    private ExpressionSize() {}

    static void check(String expression, TemplatePiece place) {
        if (expression.isBlank()) {
            throw new TemplateFailure("an expression is empty", place.line(), place.column());
        }
        if (expression.length() > LONGEST_EXPRESSION) {
            throw new TemplateFailure(
                    "an expression of " + expression.length() + " characters; at most " + LONGEST_EXPRESSION
                            + " are accepted",
                    place.line(),
                    place.column());
        }
        int depth = 0;
        for (int i = 0; i < expression.length(); i++) {
            char character = expression.charAt(i);
            if (character == '(' || character == '[' || character == '{') {
                if (++depth > DEEPEST_NESTING) {
                    throw new TemplateFailure(
                            "brackets nested more than " + DEEPEST_NESTING + " deep", place.line(), place.column());
                }
            } else if (character == ')' || character == ']' || character == '}') {
                depth--;
            }
        }
    }
}
