package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.el.ext.CollectionMembershipOperator;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.el.ext.NamedParameterOperator;
import com.hubspot.jinjava.el.ext.PowerOfOperator;
import com.hubspot.jinjava.el.ext.StringConcatOperator;
import com.hubspot.jinjava.el.ext.TruncDivOperator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.Scanner;
import jinjava.de.odysseus.el.tree.impl.Scanner.Symbol;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/**
 * Jinja expressions on Jinjava's parser. Every node is one of {@link ExpressionNodes}, which know Python's values and
 * reach no Java object; the order of operators is Jinja's (or, and, not, comparison, + -, ~, * / // %, **, filters).
 */
final class ExpressionParser extends ExtendedParser {

    private final Set<String> variables = new LinkedHashSet<>();
    private final Set<String> unknown = new LinkedHashSet<>();

    private int signs;

    ExpressionParser(Builder builder, String input) {
        super(builder, input);
    }

    /** Names that the expression reads. */
    Set<String> variables() {
        return variables;
    }

    /** Complaints about filters that do not exist. */
    Set<String> unknown() {
        return unknown;
    }

    @Override
    protected Scanner createScanner(String expression) {
        return new ExpressionScanner(expression);
    }

    private boolean at(Symbol symbol) {
        return getToken().getSymbol() == symbol;
    }

    private boolean at(Scanner.ExtensionToken token) {
        return getToken() == token;
    }

    private boolean atWord(String word) {
        return at(Symbol.IDENTIFIER) && word.equals(getToken().getImage());
    }

    @Override
    protected AstNode expr(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode value = or(required);
        while (value != null && at(Symbol.QUESTION) && "if".equals(getToken().getImage())) {
            consumeToken();
            AstNode condition = or(true);
            AstNode otherwise = new ExpressionNodes.Constant(new Undefined("the value of an inline if without else"));
            if (at(Symbol.COLON) && "else".equals(getToken().getImage())) {
                consumeToken();
                otherwise = expr(true);
            }
            value = new ExpressionNodes.Conditional(condition, value, otherwise);
        }
        return value;
    }

    @Override
    protected AstNode or(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = and(required);
        while (left != null && at(Symbol.OR)) {
            consumeToken();
            left = new ExpressionNodes.Either(left, and(true));
        }
        return left;
    }

    @Override
    protected AstNode and(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = negation(required);
        while (left != null && at(Symbol.AND)) {
            consumeToken();
            left = new ExpressionNodes.Both(left, negation(true));
        }
        return left;
    }

    private AstNode negation(boolean required) throws Scanner.ScanException, Parser.ParseException {
        if (at(Symbol.NOT)) {
            consumeToken();
            descend();
            AstNode negated = new ExpressionNodes.Not(negation(true));
            signs--;
            return negated;
        }
        return comparison(required);
    }

    /** Counted, because whether the stack overflows depends on how much of this class the JVM has compiled. */
    private void descend() {
        if (++signs > ExpressionSize.DEEPEST_NESTING) {
            throw new TemplateFailure(
                    "it is nested too deeply: more than " + ExpressionSize.DEEPEST_NESTING + " signs in a row");
        }
    }

    private AstNode comparison(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = add(required);
        while (left != null) {
            PythonOperator operator = switch (getToken().getSymbol()) {
                case EQ -> PythonOperator.EQUAL;
                case NE -> PythonOperator.NOT_EQUAL;
                case LT -> PythonOperator.LESS;
                case LE -> PythonOperator.LESS_OR_EQUAL;
                case GT -> PythonOperator.GREATER;
                case GE -> PythonOperator.GREATER_OR_EQUAL;
                case NOT -> lookahead(0) == CollectionMembershipOperator.TOKEN ? PythonOperator.NOT_IN : null;
                default -> at(CollectionMembershipOperator.TOKEN) ? PythonOperator.IN : null;
            };
            if (operator == null) {
                return left;
            }
            if (operator == PythonOperator.NOT_IN) {
                consumeToken();
            }
            consumeToken();
            left = new ExpressionNodes.Binary(operator, left, add(true));
        }
        return null;
    }

    @Override
    protected AstNode add(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = concatenation(required);
        while (left != null && (at(Symbol.PLUS) || at(Symbol.MINUS))) {
            PythonOperator operator = at(Symbol.PLUS) ? PythonOperator.ADD : PythonOperator.SUBTRACT;
            consumeToken();
            left = new ExpressionNodes.Binary(operator, left, concatenation(true));
        }
        return left;
    }

    private AstNode concatenation(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = mul(required);
        while (left != null && at(StringConcatOperator.TOKEN)) {
            consumeToken();
            left = new ExpressionNodes.Binary(PythonOperator.CONCATENATE, left, mul(true));
        }
        return left;
    }

    @Override
    protected AstNode mul(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = power(required);
        while (left != null) {
            PythonOperator operator = switch (getToken().getSymbol()) {
                case MUL -> PythonOperator.MULTIPLY;
                case DIV -> PythonOperator.DIVIDE;
                case MOD -> PythonOperator.REMAINDER;
                default -> at(TruncDivOperator.TOKEN) ? PythonOperator.FLOOR_DIVIDE : null;
            };
            if (operator == null) {
                return left;
            }
            consumeToken();
            left = new ExpressionNodes.Binary(operator, left, power(true));
        }
        return null;
    }

    private AstNode power(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode left = filter(required);
        while (left != null && at(PowerOfOperator.TOKEN)) {
            consumeToken();
            left = new ExpressionNodes.Binary(PythonOperator.POWER, left, filter(true));
        }
        return left;
    }

    @Override
    protected AstNode filter(boolean required) throws Scanner.ScanException, Parser.ParseException {
        AstNode value = unary(required);
        while (value != null) {
            if ("|".equals(getToken().getImage()) && at(Symbol.EXTENSION)) {
                consumeToken();
                String name = consumeToken(Symbol.IDENTIFIER).getImage();
                if (!TemplateFilter.isKnown(name)) {
                    unknown.add(TemplateFilter.unknown(name));
                }
                value = new ExpressionNodes.Filtered(value, TemplateFilter.named(name), arguments());
            } else if (atWord("is")) {
                consumeToken();
                boolean negated = at(Symbol.NOT);
                if (negated) {
                    consumeToken();
                }
                value = test(value, negated);
            } else {
                return value;
            }
        }
        return null;
    }

    private AstNode test(AstNode value, boolean negated) throws Scanner.ScanException, Parser.ParseException {
        String name = consumeToken().getImage();
        TemplateTest test = TemplateTest.named(name);
        List<AstNode> arguments = List.of();
        if (at(Symbol.LPAREN)) {
            arguments = arguments();
        } else if (test.takesArgument()) {
            arguments = List.of(unary(true));
        }
        return new ExpressionNodes.Tested(value, test, arguments, negated);
    }

    @Override
    protected AstNode unary(boolean required) throws Scanner.ScanException, Parser.ParseException {
        if (at(Symbol.MINUS) || at(Symbol.PLUS)) {
            boolean negative = at(Symbol.MINUS);
            consumeToken();
            descend();
            AstNode operand = unary(true);
            signs--;
            return negative
                    ? new ExpressionNodes.Binary(PythonOperator.SUBTRACT, new ExpressionNodes.Constant(0L), operand)
                    : operand;
        }
        AstNode value = value();
        if (value == null && required) {
            fail("an expression");
        }
        return value;
    }

    @Override
    protected AstNode value() throws Scanner.ScanException, Parser.ParseException {
        AstNode value = primary();
        while (value != null) {
            if (at(Symbol.DOT)) {
                consumeToken();
                String name = consumeToken().getImage();
                value = at(Symbol.LPAREN)
                        ? new ExpressionNodes.Method(value, name, arguments())
                        : new ExpressionNodes.Item(value, new ExpressionNodes.Constant(name));
            } else if (at(Symbol.LBRACK)) {
                consumeToken();
                value = subscript(value);
            } else {
                return value;
            }
        }
        return null;
    }

    private AstNode subscript(AstNode base) throws Scanner.ScanException, Parser.ParseException {
        AstNode[] bounds = new AstNode[3];
        int count = 0;
        bounds[0] = expr(false);
        while (at(Symbol.COLON) && count < 2) {
            consumeToken();
            bounds[++count] = expr(false);
        }
        consumeToken(Symbol.RBRACK);
        if (count > 0) {
            return new ExpressionNodes.Slice(base, bounds[0], bounds[1], bounds[2]);
        }
        if (bounds[0] == null) {
            fail("an index");
        }
        return new ExpressionNodes.Item(base, bounds[0]);
    }

    private AstNode primary() throws Scanner.ScanException, Parser.ParseException {
        Scanner.Token token = getToken();
        switch (token.getSymbol()) {
            case IDENTIFIER:
                return name(consumeToken().getImage());
            case STRING:
                StringBuilder text = new StringBuilder();
                while (at(Symbol.STRING)) {
                    text.append(consumeToken().getImage());
                }
                return new ExpressionNodes.Constant(text.toString());
            case INTEGER:
                return new ExpressionNodes.Constant(
                        parseInteger(consumeToken().getImage()).longValue());
            case FLOAT:
                return new ExpressionNodes.Constant(
                        parseFloat(consumeToken().getImage()).doubleValue());
            case TRUE:
            case FALSE:
                return new ExpressionNodes.Constant(consumeToken().getSymbol() == Symbol.TRUE);
            case LBRACK:
                consumeToken();
                return new ExpressionNodes.ListOf(elements(Symbol.RBRACK), false);
            case LPAREN:
                return parenthesised();
            case EXTENSION:
                return "{".equals(token.getImage()) ? dictionary() : null;
            default:
                return null;
        }
    }

    private AstNode name(String name) throws Scanner.ScanException, Parser.ParseException {
        switch (name) {
            case "none", "None":
                return new ExpressionNodes.Constant(null);
            default:
                if (at(Symbol.LPAREN)) {
                    List<AstNode> arguments = arguments();
                    if (!TemplateFunction.isKnown(name)) {
                        variables.add(name);
                    }
                    return new ExpressionNodes.Call(name, arguments);
                }
                variables.add(name);
                return new ExpressionNodes.Name(name);
        }
    }

    private AstNode parenthesised() throws Scanner.ScanException, Parser.ParseException {
        consumeToken();
        AstNode first = expr(false);
        if (first != null && at(Symbol.RPAREN)) {
            consumeToken();
            return first;
        }
        List<AstNode> elements = new ArrayList<>();
        if (first != null) {
            elements.add(first);
            consumeToken(Symbol.COMMA);
        }
        elements.addAll(elements(Symbol.RPAREN));
        return new ExpressionNodes.ListOf(elements, true);
    }

    private List<AstNode> elements(Symbol end) throws Scanner.ScanException, Parser.ParseException {
        List<AstNode> elements = new ArrayList<>();
        while (!at(end)) {
            elements.add(expr(true));
            if (!at(end)) {
                consumeToken(Symbol.COMMA);
            }
        }
        consumeToken(end);
        return elements;
    }

    private List<AstNode> arguments() throws Scanner.ScanException, Parser.ParseException {
        List<AstNode> arguments = new ArrayList<>();
        if (!at(Symbol.LPAREN)) {
            return arguments;
        }
        consumeToken();
        while (!at(Symbol.RPAREN)) {
            if (at(Symbol.IDENTIFIER) && lookahead(0) == NamedParameterOperator.TOKEN) {
                String name = consumeToken().getImage();
                consumeToken();
                arguments.add(new ExpressionNodes.Named(name, expr(true)));
            } else {
                arguments.add(expr(true));
            }
            if (!at(Symbol.RPAREN)) {
                consumeToken(Symbol.COMMA);
            }
        }
        consumeToken();
        return arguments;
    }

    private AstNode dictionary() throws Scanner.ScanException, Parser.ParseException {
        consumeToken();
        Map<AstNode, AstNode> entries = new LinkedHashMap<>();
        while (!"}".equals(getToken().getImage())) {
            AstNode key = expr(true);
            consumeToken(Symbol.COLON);
            entries.put(key, expr(true));
            if (at(Symbol.COMMA)) {
                consumeToken();
            } else if (!"}".equals(getToken().getImage())) {
                fail("',' or '}'");
            }
        }
        consumeToken();
        return new ExpressionNodes.DictionaryOf(entries);
    }
}
