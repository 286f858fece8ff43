package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.interpret.InterpretException;

/** A template that stops: a syntax error, a value of the wrong kind, a spent limit, or its own {@code raise_exception}. */
public final class TemplateFailure extends InterpretException {
    private static final long serialVersionUID = 1L;

    /** A failure whose place is filled in by the node that was being rendered. */
    TemplateFailure(String message) {
        super(message);
    }

    /** A failure at a place of the source, both counted from 1. */
    TemplateFailure(String message, int line, int column) {
        super(message + " (line " + line + ", column " + column + ")", line);
    }
}
