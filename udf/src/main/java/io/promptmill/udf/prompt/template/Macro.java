package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.tree.Node;
import java.util.List;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/**
 * What {@code {% macro %}} defines.
 *
 * @param parameters with their defaults, null for those without
 */
record Macro(String name, List<Parameter> parameters, List<Node> body) {

    record Parameter(String name, AstNode fallback) {}

    String call(Arguments arguments, TemplateInterpreter interpreter) {
        if (arguments.count() > parameters.size()) {
            throw new TemplateFailure(
                    "macro '" + name + "' takes " + parameters.size() + " arguments, found " + arguments.count());
        }
        interpreter.budget().enter();
        try {
            return interpreter.inScope(() -> {
                bind(arguments, interpreter);
                return interpreter.renderAll(body);
            });
        } finally {
            interpreter.budget().leave();
        }
    }

    private void bind(Arguments arguments, TemplateInterpreter interpreter) {
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Object value;
            if (arguments.has(i, parameter.name())) {
                value = arguments.get(i, parameter.name(), null);
            } else if (parameter.fallback() != null) {
                value = ExpressionNodes.evaluate(parameter.fallback(), interpreter);
            } else {
                value = new Undefined(parameter.name());
            }
            interpreter.assign(parameter.name(), value);
        }
    }
}
