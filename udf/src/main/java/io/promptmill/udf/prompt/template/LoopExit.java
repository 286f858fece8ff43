package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.interpret.InterpretException;

/** Carries {@code break} and {@code continue}, with the text rendered so far, up to the loop. Has no stack trace. */
final class LoopExit extends InterpretException {
    private static final long serialVersionUID = 1L;

    private final boolean leavesLoop;
    private final StringBuilder rendered = new StringBuilder();

    LoopExit(boolean leavesLoop) {
        super(leavesLoop ? "'break' outside of a loop" : "'continue' outside of a loop");
        this.leavesLoop = leavesLoop;
    }

    boolean leavesLoop() {
        return leavesLoop;
    }

    /** Text that a block had rendered before it was left. */
    void prepend(CharSequence text) {
        rendered.insert(0, text);
    }

    String rendered() {
        return rendered.toString();
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
