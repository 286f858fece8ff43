package io.promptmill.udf.prompt.template;

import java.util.Set;
import jinjava.de.odysseus.el.tree.TreeBuilderException;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/** A parsed expression, the names that it reads and complaints about filters that do not exist. */
record ParsedExpression(AstNode node, Set<String> variables, Set<String> unknown) {
    /** Jinjava's parser expects expressions between these. */
    private static final String PREFIX = "#{";

    private static final String SUFFIX = "}";
    private static final int LONGEST_QUOTE = 120;

    /**
     * @throws TemplateFailure naming the place within the template where the expression breaks off
     */
    static ParsedExpression of(String expression, TemplatePiece place) {
        ExpressionSize.check(expression, place);
        Source source = new Source();
        try {
            AstNode root = (AstNode) source.build(PREFIX + expression + SUFFIX).getRoot();
            if (root.getCardinality() != 1) {
                throw new TemplateFailure("expected one expression");
            }
            return new ParsedExpression((AstNode) root.getChild(0), source.parser.variables(), source.parser.unknown());
        } catch (TreeBuilderException e) {
            int character = Math.max(1, e.getPosition() - PREFIX.length() + 1);
            throw failure(
                    place,
                    expression,
                    "at character " + character + ": expected " + e.getExpected() + ", found " + e.getEncountered());
        } catch (TemplateFailure e) {
            throw failure(place, expression, e.getMessage());
        }
    }

    private static TemplateFailure failure(TemplatePiece place, String expression, String reason) {
        String shown =
                expression.length() > LONGEST_QUOTE ? expression.substring(0, LONGEST_QUOTE) + "..." : expression;
        return new TemplateFailure("syntax error in '" + shown.strip() + "': " + reason, place.line(), place.column());
    }

    /** Jinjava's builder, which turns the parser's failures into ones that say where. */
    private static final class Source extends Builder {
        private static final long serialVersionUID = 1L;
        private transient ExpressionParser parser;

        Source() {
            super(Feature.METHOD_INVOCATIONS);
        }

        @Override
        protected Parser createParser(String expression) {
            parser = new ExpressionParser(this, expression);
            return parser;
        }
    }
}
