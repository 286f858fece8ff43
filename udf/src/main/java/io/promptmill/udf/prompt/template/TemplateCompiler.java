package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.lib.expression.ExpressionStrategy;
import com.hubspot.jinjava.tree.ExpressionNode;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.tree.TextNode;
import com.hubspot.jinjava.tree.output.RenderedOutputNode;
import com.hubspot.jinjava.tree.parse.DefaultTokenScannerSymbols;
import com.hubspot.jinjava.tree.parse.ExpressionToken;
import com.hubspot.jinjava.tree.parse.TagToken;
import com.hubspot.jinjava.tree.parse.TextToken;
import com.hubspot.jinjava.tree.parse.TokenScannerSymbols;
import io.promptmill.udf.prompt.template.TemplatePiece.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/** Builds the nodes of a template from its pieces. Everything is parsed here, so that rendering meets no syntax error. */
final class TemplateCompiler {
    private static final TokenScannerSymbols SYMBOLS = new DefaultTokenScannerSymbols();
    private static final int DEEPEST_NESTING = 60;
    private static final Pattern SET =
            Pattern.compile("([\\w.]+(?:\\s*,\\s*[\\w.]+)*)\\s*(?:=(?!=)\\s*(.*))?", Pattern.DOTALL);
    private static final Pattern FOR =
            Pattern.compile("\\(?\\s*(\\w+(?:\\s*,\\s*\\w+)*)\\s*\\)?\\s+in\\b(.*)", Pattern.DOTALL);
    private static final Pattern MACRO = Pattern.compile("(\\w+)\\s*\\((.*)\\)", Pattern.DOTALL);

    private final List<TemplatePiece> pieces;
    private final Deque<Set<String>> bound = new ArrayDeque<>();
    private final Set<String> free = new LinkedHashSet<>();
    private final List<String> complaints = new ArrayList<>();
    private int next;
    private int depth;
    private TemplatePiece end;

    private TemplateCompiler(List<TemplatePiece> pieces) {
        this.pieces = pieces;
        bound.push(new HashSet<>());
    }

    /** Nodes of a template, the names that it reads without setting them, and filters that do not exist. */
    record Compiled(List<Node> nodes, Set<String> variables, List<String> complaints) {}

    /**
     * @throws TemplateFailure naming line and column of what cannot be understood
     */
    static Compiled compile(String source) {
        TemplateCompiler compiler = new TemplateCompiler(TemplateLexer.split(source));
        List<Node> nodes = compiler.block(null, Set.of());
        return new Compiled(nodes, compiler.free, compiler.complaints);
    }

    /** Nodes up to a statement whose word is one of {@code ends}, which is left in {@link #end}. */
    private List<Node> block(TemplatePiece opening, Set<String> ends) {
        if (++depth > DEEPEST_NESTING) {
            throw failure(opening, "blocks nested more than " + DEEPEST_NESTING + " deep");
        }
        List<Node> nodes = new ArrayList<>();
        while (next < pieces.size()) {
            TemplatePiece piece = pieces.get(next++);
            if (piece.kind() == Kind.TEXT) {
                nodes.add(new TextNode(new TextToken(piece.text(), piece.line(), piece.column(), SYMBOLS)));
            } else if (piece.kind() == Kind.EXPRESSION) {
                nodes.add(output(piece));
            } else if (ends.contains(word(piece))) {
                end = piece;
                depth--;
                return nodes;
            } else {
                TagToken token = new TagToken("{% " + word(piece) + " %}", piece.line(), piece.column(), SYMBOLS);
                nodes.add(new TagNode(statement(piece), token, SYMBOLS));
            }
        }
        if (opening != null) {
            throw failure(opening, "'" + word(opening) + "' is never closed; expected one of " + ends);
        }
        return nodes;
    }

    private Node output(TemplatePiece piece) {
        AstNode node = parse(piece.text(), piece);
        ExpressionStrategy strategy = (token, interpreter) -> {
            TemplateInterpreter template = (TemplateInterpreter) interpreter;
            return new RenderedOutputNode(PythonText.of(ExpressionNodes.evaluate(node, template), template.budget()));
        };
        return new ExpressionNode(strategy, new ExpressionToken("{{ }}", piece.line(), piece.column(), SYMBOLS));
    }

    private Statement statement(TemplatePiece piece) {
        String word = word(piece);
        return switch (word) {
            case "if" -> conditional(piece);
            case "for" -> loop(piece);
            case "set" -> assignment(piece);
            case "macro" -> macro(piece);
            case "break", "continue" -> new Statement.Leave(word.equals("break"));
            default ->
                throw failure(
                        piece,
                        "unknown tag '" + word + "'; expected if, for, set, macro, break, continue or raw"
                                + (word.matches("end\\w+|else|elif")
                                        ? " (nothing is open that it could belong to)"
                                        : ""));
        };
    }

    private Statement conditional(TemplatePiece piece) {
        List<Statement.Branch> branches = new ArrayList<>();
        TemplatePiece branch = piece;
        while (true) {
            AstNode condition = word(branch).equals("else") ? null : parse(rest(branch), branch);
            Set<String> ends = condition == null ? Set.of("endif") : Set.of("elif", "else", "endif");
            branches.add(new Statement.Branch(condition, block(piece, ends)));
            branch = end;
            if (word(branch).equals("endif")) {
                return new Statement.If(List.copyOf(branches));
            }
        }
    }

    private Statement loop(TemplatePiece piece) {
        Matcher matcher = FOR.matcher(rest(piece));
        if (!matcher.matches()) {
            throw failure(piece, "expected 'for name in elements', found 'for " + rest(piece) + "'");
        }
        List<String> targets = names(matcher.group(1));
        String elements = matcher.group(2).strip();
        if (elements.endsWith(" recursive")) {
            throw failure(piece, "recursive loops are not supported");
        }
        int condition = ExpressionSplitter.word(elements, "if");
        AstNode source = parse(condition < 0 ? elements : elements.substring(0, condition), piece);
        Set<String> names = new HashSet<>(targets);
        bound.push(names);
        AstNode filter = condition < 0 ? null : parse(elements.substring(condition + 2), piece);
        names.add("loop");
        List<Node> body = block(piece, Set.of("else", "endfor"));
        bound.pop();
        List<Node> otherwise = word(end).equals("else") ? block(piece, Set.of("endfor")) : List.of();
        return new Statement.For(targets, source, filter, body, otherwise);
    }

    private Statement assignment(TemplatePiece piece) {
        Matcher matcher = SET.matcher(rest(piece));
        if (!matcher.matches()) {
            throw failure(piece, "expected 'set name = value', found 'set " + rest(piece) + "'");
        }
        List<String> targets = names(matcher.group(1));
        AstNode value = null;
        List<Node> body = List.of();
        if (matcher.group(2) != null) {
            boolean tuple = ExpressionSplitter.commas(matcher.group(2)).size() > 1;
            value = parse(tuple ? "(" + matcher.group(2) + ")" : matcher.group(2), piece);
        } else {
            body = block(piece, Set.of("endset"));
        }
        targets.stream().filter(target -> target.indexOf('.') < 0).forEach(bound.peek()::add);
        return new Assignment(targets, value, body);
    }

    private Statement macro(TemplatePiece piece) {
        Matcher matcher = MACRO.matcher(rest(piece));
        if (!matcher.matches()) {
            throw failure(piece, "expected 'macro name(parameters)', found 'macro " + rest(piece) + "'");
        }
        bound.peek().add(matcher.group(1));
        Set<String> names = new HashSet<>();
        List<Macro.Parameter> parameters = new ArrayList<>();
        for (String parameter : ExpressionSplitter.commas(matcher.group(2))) {
            String[] parts = parameter.split("=", 2);
            if (!parts[0].strip().matches("\\w+")) {
                throw failure(piece, "'" + parameter.strip() + "' is no parameter of a macro");
            }
            parameters.add(new Macro.Parameter(parts[0].strip(), parts.length == 1 ? null : parse(parts[1], piece)));
            names.add(parts[0].strip());
        }
        names.add("caller");
        bound.push(names);
        List<Node> body = block(piece, Set.of("endmacro"));
        bound.pop();
        return new Statement.Define(new Macro(matcher.group(1), List.copyOf(parameters), body));
    }

    private AstNode parse(String expression, TemplatePiece piece) {
        ParsedExpression parsed = ParsedExpression.of(expression, piece);
        for (String name : parsed.variables()) {
            if (bound.stream().noneMatch(names -> names.contains(name))) {
                free.add(name);
            }
        }
        for (String complaint : parsed.unknown()) {
            complaints.add(failure(piece, complaint).getMessage());
        }
        return parsed.node();
    }

    private static List<String> names(String list) {
        return List.of(list.strip().split("\\s*,\\s*"));
    }

    private static String word(TemplatePiece piece) {
        String text = piece.text();
        int length = 0;
        while (length < text.length() && Character.isJavaIdentifierPart(text.charAt(length))) {
            length++;
        }
        return text.substring(0, length);
    }

    private static String rest(TemplatePiece piece) {
        return piece.text().substring(word(piece).length()).strip();
    }

    private static TemplateFailure failure(TemplatePiece piece, String message) {
        return new TemplateFailure(message, piece.line(), piece.column());
    }
}
