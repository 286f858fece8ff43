package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.tree.Node;
import java.util.ArrayList;
import java.util.List;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/** {@code {% set a = value %}}, {@code {% set a, b = pair %}}, {@code {% set space.a = value %}} and the block form. */
final class Assignment extends Statement {
    private static final long serialVersionUID = 1L;
    private final transient List<String> targets;
    private final transient AstNode value;
    private final transient List<Node> body;

    /** Assigns {@code value}, or where that is null the rendered body. */
    Assignment(List<String> targets, AstNode value, List<Node> body) {
        this.targets = targets;
        this.value = value;
        this.body = body;
    }

    @Override
    String render(TemplateInterpreter interpreter) {
        Object assigned = value != null
                ? ExpressionNodes.evaluate(value, interpreter)
                : interpreter.inScope(() -> interpreter.renderAll(body));
        if (targets.size() == 1) {
            assign(targets.get(0), assigned, interpreter);
        } else {
            unpack(targets, assigned, interpreter);
        }
        return "";
    }

    static void unpack(List<String> targets, Object value, TemplateInterpreter interpreter) {
        List<Object> parts = new ArrayList<>(PythonValues.elements(value, interpreter.budget()));
        if (parts.size() != targets.size()) {
            throw new TemplateFailure(parts.size() + " values for the " + targets.size() + " names " + targets);
        }
        for (int i = 0; i < targets.size(); i++) {
            assign(targets.get(i), parts.get(i), interpreter);
        }
    }

    private static void assign(String target, Object value, TemplateInterpreter interpreter) {
        int dot = target.indexOf('.');
        if (dot < 0) {
            interpreter.assign(target, value);
        } else if (interpreter.variable(target.substring(0, dot)) instanceof Namespace namespace) {
            namespace.put(target.substring(dot + 1), value);
        } else {
            throw new TemplateFailure("'" + target + "' cannot be set; only a namespace() has entries to set");
        }
    }
}
