package io.promptmill.udf.prompt.template;

import io.promptmill.udf.prompt.template.TemplatePiece.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts template source into text, expressions and statements by the rules of Jinja 2 with {@code trim_blocks} and
 * {@code lstrip_blocks} on: a statement or comment alone on its line leaves no trace of it, {@code -} eats all white
 * space on its side, {@code +} keeps it. Comments vanish here. Jinjava's own lexer strips blanks before every block,
 * wherever on the line it stands, which changes prompts.
 */
final class TemplateLexer {
    /** Keeps the search for the end of a raw block linear. */
    private static final int LONGEST_END_OF_RAW = 64;

    private final String source;
    private final List<TemplatePiece> pieces = new ArrayList<>();
    private int position;
    private boolean stripNext;
    private boolean newlineNext;
    private int countedTo;
    private int line = 1;
    private int lineStart;

    private TemplateLexer(String source) {
        this.source = source;
    }

    static List<TemplatePiece> split(String source) {
        String normal = source.replace("\r\n", "\n").replace('\r', '\n');
        // Jinja drops one newline at the end of a template.
        return new TemplateLexer(normal.endsWith("\n") ? normal.substring(0, normal.length() - 1) : normal).run();
    }

    private List<TemplatePiece> run() {
        while (position < source.length()) {
            int open = nextOpening(position);
            if (open < 0) {
                text(position, source.length(), false, false);
                break;
            }
            char kind = source.charAt(open + 1);
            char mark = open + 2 < source.length() ? source.charAt(open + 2) : 0;
            boolean stripsLine = kind != '{' && mark != '+';
            text(position, open, mark == '-', stripsLine);
            int start = open + (mark == '-' || mark == '+' && kind != '{' ? 3 : 2);
            if (kind == '#') {
                comment(open, start);
            } else if (kind == '%') {
                statement(open, start);
            } else {
                int close = closing(open, start, '}');
                pieces.add(new TemplatePiece(Kind.EXPRESSION, inner(start, close), line(open), column(open)));
                finish(close, false);
            }
        }
        return pieces;
    }

    private void statement(int open, int start) {
        int close = closing(open, start, '%');
        String inner = inner(start, close);
        if (!inner.equals("raw")) {
            pieces.add(new TemplatePiece(Kind.STATEMENT, inner, line(open), column(open)));
            finish(close, true);
            return;
        }
        finish(close, true);
        int endOfRaw = position;
        for (int end = source.indexOf("{%", position); end >= 0; end = source.indexOf("{%", end + 2)) {
            char mark = end + 2 < source.length() ? source.charAt(end + 2) : 0;
            int inside = end + (mark == '-' || mark == '+' ? 3 : 2);
            if (endOfRaw < inside) {
                endOfRaw = source.indexOf("%}", inside);
            }
            if (endOfRaw < 0) {
                break;
            }
            if (endOfRaw - inside <= LONGEST_END_OF_RAW
                    && inner(inside, endOfRaw).equals("endraw")) {
                text(position, end, mark == '-', mark != '+');
                finish(endOfRaw, true);
                return;
            }
        }
        throw new TemplateFailure("'raw' is never closed; expected {% endraw %}", line(open), column(open));
    }

    private void comment(int open, int start) {
        int close = source.indexOf("#}", start);
        if (close < 0) {
            throw new TemplateFailure("a comment is never closed; expected #}", line(open), column(open));
        }
        finish(close, true);
    }

    /** Goes on behind the closing delimiter at {@code close} and notes what it does to the text that follows. */
    private void finish(int close, boolean trimsNewline) {
        char mark = source.charAt(close - 1);
        stripNext = mark == '-';
        newlineNext = trimsNewline && mark != '+';
        position = close + 2;
    }

    private String inner(int start, int close) {
        int end = close;
        if (end > start && (source.charAt(end - 1) == '-' || source.charAt(end - 1) == '+')) {
            end--;
        }
        return source.substring(start, end).strip();
    }

    private void text(int from, int to, boolean stripEnd, boolean stripLine) {
        int start = from;
        int end = to;
        if (stripNext) {
            while (start < end && Character.isWhitespace(source.charAt(start))) {
                start++;
            }
        } else if (newlineNext && start < end && source.charAt(start) == '\n') {
            start++;
        }
        if (stripEnd) {
            while (end > start && Character.isWhitespace(source.charAt(end - 1))) {
                end--;
            }
        } else if (stripLine) {
            int blank = end;
            while (blank > start && isBlank(source.charAt(blank - 1))) {
                blank--;
            }
            boolean atLineStart = blank == 0 || source.charAt(blank - 1) == '\n';
            if (atLineStart) {
                end = blank;
            }
        }
        stripNext = false;
        newlineNext = false;
        if (start < end) {
            pieces.add(new TemplatePiece(Kind.TEXT, source.substring(start, end), line(start), column(start)));
        }
    }

    private static boolean isBlank(char character) {
        return character != '\n' && Character.isWhitespace(character);
    }

    private int nextOpening(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    /** Where the delimiter starts that closes an expression or statement, outside of strings and brackets. */
    private int closing(int open, int start, char kind) {
        int depth = 0;
        for (int i = start; i < source.length(); i++) {
            char character = source.charAt(i);
            boolean closes = character == kind && i + 1 < source.length() && source.charAt(i + 1) == '}';
            if (closes && depth == 0) {
                return i;
            }
            switch (character) {
                case '\'', '"' -> i = endOfString(i);
                case '{', '[', '(' -> depth++;
                case '}', ']', ')' -> depth--;
                default -> {}
            }
        }
        throw new TemplateFailure(
                kind == '%' ? "a statement is never closed; expected %}" : "an expression is never closed; expected }}",
                line(open),
                column(open));
    }

    private int endOfString(int start) {
        char quote = source.charAt(start);
        for (int i = start + 1; i < source.length(); i++) {
            if (source.charAt(i) == '\\') {
                i++;
            } else if (source.charAt(i) == quote) {
                return i;
            }
        }
        throw new TemplateFailure("a string is never closed; expected " + quote, line(start), column(start));
    }

    /** Callers ask for positions in rising order, or nearly so; the count starts anew where they do not. */
    private int line(int at) {
        if (at < countedTo) {
            countedTo = 0;
            line = 1;
            lineStart = 0;
        }
        for (; countedTo < at; countedTo++) {
            if (source.charAt(countedTo) == '\n') {
                line++;
                lineStart = countedTo + 1;
            }
        }
        return line;
    }

    private int column(int at) {
        line(at);
        return at - lineStart + 1;
    }
}
