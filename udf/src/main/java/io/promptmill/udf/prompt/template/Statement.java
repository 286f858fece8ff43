package io.promptmill.udf.prompt.template;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.util.ArrayList;
import java.util.List;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;

/** Statements as Jinjava tags. One object for each place in a template, holding its parsed parts; immutable. */
abstract class Statement implements Tag {
    private static final long serialVersionUID = 1L;

    @Override
    public final String interpret(TagNode node, JinjavaInterpreter interpreter) {
        return render((TemplateInterpreter) interpreter);
    }

    abstract String render(TemplateInterpreter interpreter);

    @Override
    public final String getName() {
        return getClass().getSimpleName();
    }

    @Override
    public final String getEndTagName() {
        return null;
    }

    /** One arm of an {@code if}; the condition of {@code else} is null. */
    record Branch(AstNode condition, List<Node> body) {}

    static final class If extends Statement {
        private static final long serialVersionUID = 1L;
        private final transient List<Branch> branches;

        If(List<Branch> branches) {
            this.branches = branches;
        }

        @Override
        String render(TemplateInterpreter interpreter) {
            for (Branch branch : branches) {
                if (branch.condition() == null
                        || PythonValues.isTrue(ExpressionNodes.evaluate(branch.condition(), interpreter))) {
                    return interpreter.renderAll(branch.body());
                }
            }
            return "";
        }
    }

    static final class For extends Statement {
        private static final long serialVersionUID = 1L;
        private final transient List<String> targets;
        private final transient AstNode elements;
        private final transient AstNode filter;
        private final transient List<Node> body;
        private final transient List<Node> otherwise;

        For(List<String> targets, AstNode elements, AstNode filter, List<Node> body, List<Node> otherwise) {
            this.targets = targets;
            this.elements = elements;
            this.filter = filter;
            this.body = body;
            this.otherwise = otherwise;
        }

        @Override
        String render(TemplateInterpreter interpreter) {
            LoopState loop = new LoopState(selected(interpreter), outerDepth(interpreter) + 1);
            StringBuilder output = new StringBuilder();
            boolean any = false;
            while (loop.advance()) {
                any = true;
                interpreter.budget().step();
                try {
                    String text = interpreter.inScope(() -> {
                        interpreter.assign("loop", loop);
                        assignTargets(loop.element(), interpreter);
                        return interpreter.renderAll(body);
                    });
                    interpreter.budget().charge(text.length());
                    output.append(text);
                } catch (LoopExit exit) {
                    output.append(exit.rendered());
                    if (exit.leavesLoop()) {
                        break;
                    }
                }
            }
            return any ? output.toString() : interpreter.renderAll(otherwise);
        }

        private static int outerDepth(TemplateInterpreter interpreter) {
            return interpreter.variable("loop") instanceof LoopState outer ? outer.depth() : 0;
        }

        private List<Object> selected(TemplateInterpreter interpreter) {
            List<Object> all = new ArrayList<>(
                    PythonValues.elements(ExpressionNodes.evaluate(elements, interpreter), interpreter.budget()));
            interpreter.budget().charge(all.size());
            if (filter == null) {
                return all;
            }
            List<Object> selected = new ArrayList<>();
            for (Object element : all) {
                boolean kept = interpreter.inScope(() -> {
                    assignTargets(element, interpreter);
                    return PythonValues.isTrue(ExpressionNodes.evaluate(filter, interpreter));
                });
                if (kept) {
                    selected.add(element);
                }
            }
            return selected;
        }

        private void assignTargets(Object element, TemplateInterpreter interpreter) {
            if (targets.size() == 1) {
                interpreter.assign(targets.get(0), element);
            } else {
                Assignment.unpack(targets, element, interpreter);
            }
        }
    }

    static final class Define extends Statement {
        private static final long serialVersionUID = 1L;
        private final transient Macro macro;

        Define(Macro macro) {
            this.macro = macro;
        }

        @Override
        String render(TemplateInterpreter interpreter) {
            interpreter.assign(macro.name(), macro);
            return "";
        }
    }

    static final class Leave extends Statement {
        private static final long serialVersionUID = 1L;
        private final boolean leavesLoop;

        Leave(boolean leavesLoop) {
            this.leavesLoop = leavesLoop;
        }

        @Override
        String render(TemplateInterpreter interpreter) {
            throw new LoopExit(leavesLoop);
        }
    }
}
