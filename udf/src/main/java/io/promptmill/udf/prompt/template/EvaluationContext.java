package io.promptmill.udf.prompt.template;

import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import jinjava.javax.el.FunctionMapper;
import jinjava.javax.el.VariableMapper;

/** Hands the interpreter to expression nodes. Has no resolver, so that no node can reach a Java object's members. */
final class EvaluationContext extends ELContext {
    private final TemplateInterpreter interpreter;

    EvaluationContext(TemplateInterpreter interpreter) {
        this.interpreter = interpreter;
    }

    static TemplateInterpreter interpreter(ELContext context) {
        return ((EvaluationContext) context).interpreter;
    }

    @Override
    public ELResolver getELResolver() {
        return null;
    }

    @Override
    public FunctionMapper getFunctionMapper() {
        return null;
    }

    @Override
    public VariableMapper getVariableMapper() {
        return null;
    }
}
