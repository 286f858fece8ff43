package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jinjava.de.odysseus.el.tree.Bindings;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.de.odysseus.el.tree.impl.ast.AstRightValue;
import jinjava.javax.el.ELContext;

/** What expressions consist of. Nodes are immutable and shared by all threads; what they need comes with the context. */
final class ExpressionNodes {

    private ExpressionNodes() {}

    /** Evaluates within an interpreter; Jinjava's bindings of functions to Java methods stay unused. */
    abstract static class Node extends AstRightValue {
        abstract Object value(TemplateInterpreter interpreter);

        @Override
        public final Object eval(Bindings bindings, ELContext context) {
            TemplateInterpreter interpreter = EvaluationContext.interpreter(context);
            interpreter.budget().step();
            return value(interpreter);
        }

        @Override
        public final void appendStructure(StringBuilder builder, Bindings bindings) {
            builder.append(getClass().getSimpleName());
        }

        @Override
        public final int getCardinality() {
            return 0;
        }

        @Override
        public final AstNode getChild(int index) {
            return null;
        }
    }

    /** Evaluates any node. */
    static Object evaluate(AstNode node, TemplateInterpreter interpreter) {
        return node.eval(null, interpreter.evaluation());
    }

    static final class Constant extends Node {
        private final Object value;

        Constant(Object value) {
            this.value = value;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return value;
        }
    }

    static final class Name extends Node {
        private final String name;

        Name(String name) {
            this.name = name;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return interpreter.variable(name);
        }
    }

    /** An argument given by its name; yields the {@link Arguments} entry for it. */
    static final class Named extends Node {
        private final String name;
        private final AstNode argument;

        Named(String name, AstNode argument) {
            this.name = name;
            this.argument = argument;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return evaluate(argument, interpreter);
        }
    }

    static Arguments arguments(List<AstNode> nodes, TemplateInterpreter interpreter) {
        if (nodes.isEmpty()) {
            return Arguments.NONE;
        }
        List<Object> positional = new ArrayList<>(nodes.size());
        Map<String, Object> named = new LinkedHashMap<>();
        for (AstNode node : nodes) {
            Object value = evaluate(node, interpreter);
            if (node instanceof Named argument) {
                named.put(argument.name, value);
            } else {
                positional.add(value);
            }
        }
        return new Arguments(positional, named);
    }

    static final class Call extends Node {
        private final String name;
        private final List<AstNode> arguments;

        Call(String name, List<AstNode> arguments) {
            this.name = name;
            this.arguments = arguments;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object callee = interpreter.variable(name);
            if (callee instanceof Macro macro) {
                return macro.call(arguments(arguments, interpreter), interpreter);
            }
            return TemplateFunction.named(name).call(arguments(arguments, interpreter), interpreter);
        }
    }

    static final class Method extends Node {
        private final AstNode base;
        private final String name;
        private final List<AstNode> arguments;

        Method(AstNode base, String name, List<AstNode> arguments) {
            this.base = base;
            this.name = name;
            this.arguments = arguments;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object receiver = evaluate(base, interpreter);
            return PythonMethods.call(receiver, name, arguments(arguments, interpreter), interpreter);
        }
    }

    /** {@code base[key]} and {@code base.key}, which Jinja treats nearly alike. */
    static final class Item extends Node {
        private final AstNode base;
        private final AstNode key;

        Item(AstNode base, AstNode key) {
            this.base = base;
            this.key = key;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return PythonValues.item(evaluate(base, interpreter), evaluate(key, interpreter));
        }
    }

    static final class Slice extends Node {
        private final AstNode base;
        private final AstNode start;
        private final AstNode stop;
        private final AstNode step;

        Slice(AstNode base, AstNode start, AstNode stop, AstNode step) {
            this.base = base;
            this.start = start;
            this.stop = stop;
            this.step = step;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object sequence = evaluate(base, interpreter);
            return PythonSlices.slice(
                    sequence,
                    bound(start, interpreter),
                    bound(stop, interpreter),
                    bound(step, interpreter),
                    interpreter.budget());
        }

        private static Object bound(AstNode node, TemplateInterpreter interpreter) {
            return node == null ? null : evaluate(node, interpreter);
        }
    }

    static final class Filtered extends Node {
        private final AstNode input;
        private final TemplateFilter filter;
        private final List<AstNode> arguments;

        Filtered(AstNode input, TemplateFilter filter, List<AstNode> arguments) {
            this.input = input;
            this.filter = filter;
            this.arguments = arguments;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object value = evaluate(input, interpreter);
            return filter.apply(value, arguments(arguments, interpreter), interpreter);
        }
    }

    static final class Tested extends Node {
        private final AstNode input;
        private final TemplateTest test;
        private final List<AstNode> arguments;
        private final boolean negated;

        Tested(AstNode input, TemplateTest test, List<AstNode> arguments, boolean negated) {
            this.input = input;
            this.test = test;
            this.arguments = arguments;
            this.negated = negated;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object value = evaluate(input, interpreter);
            return negated != test.holds(value, arguments(arguments, interpreter), interpreter.budget());
        }
    }

    static final class Binary extends Node {
        private final PythonOperator operator;
        private final AstNode left;
        private final AstNode right;

        Binary(PythonOperator operator, AstNode left, AstNode right) {
            this.operator = operator;
            this.left = left;
            this.right = right;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return operator.apply(evaluate(left, interpreter), evaluate(right, interpreter), interpreter.budget());
        }
    }

    static final class Both extends Node {
        private final AstNode left;
        private final AstNode right;

        Both(AstNode left, AstNode right) {
            this.left = left;
            this.right = right;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object value = evaluate(left, interpreter);
            return PythonValues.isTrue(value) ? evaluate(right, interpreter) : value;
        }
    }

    static final class Either extends Node {
        private final AstNode left;
        private final AstNode right;

        Either(AstNode left, AstNode right) {
            this.left = left;
            this.right = right;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Object value = evaluate(left, interpreter);
            return PythonValues.isTrue(value) ? value : evaluate(right, interpreter);
        }
    }

    static final class Not extends Node {
        private final AstNode operand;

        Not(AstNode operand) {
            this.operand = operand;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return !PythonValues.isTrue(evaluate(operand, interpreter));
        }
    }

    static final class Conditional extends Node {
        private final AstNode condition;
        private final AstNode chosen;
        private final AstNode otherwise;

        Conditional(AstNode condition, AstNode chosen, AstNode otherwise) {
            this.condition = condition;
            this.chosen = chosen;
            this.otherwise = otherwise;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            return evaluate(PythonValues.isTrue(evaluate(condition, interpreter)) ? chosen : otherwise, interpreter);
        }
    }

    static final class ListOf extends Node {
        private final List<AstNode> elements;
        private final boolean tuple;

        ListOf(List<AstNode> elements, boolean tuple) {
            this.elements = elements;
            this.tuple = tuple;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            List<Object> list = new ArrayList<>(elements.size());
            for (AstNode element : elements) {
                list.add(evaluate(element, interpreter));
            }
            return tuple ? new Tuple(list) : list;
        }
    }

    static final class DictionaryOf extends Node {
        private final Map<AstNode, AstNode> entries;

        DictionaryOf(Map<AstNode, AstNode> entries) {
            this.entries = entries;
        }

        @Override
        Object value(TemplateInterpreter interpreter) {
            Map<Object, Object> dictionary = new LinkedHashMap<>();
            entries.forEach((key, value) ->
                    dictionary.put(PythonValues.key(evaluate(key, interpreter)), evaluate(value, interpreter)));
            return dictionary;
        }
    }
}
