package io.promptmill.udf.prompt.template;

import com.google.common.collect.SetMultimap;
import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One rendering: scopes, budget and date. None of Jinjava's own tags, filters, functions or bean access is within a
 * template's reach; every rendering has contexts of its own, since Jinjava's shared one is written to while it renders.
 * Confined to one thread.
 */
final class TemplateInterpreter extends JinjavaInterpreter {
    /** Stands for None inside a scope, where a null would let the outer scope shine through. */
    private static final Object NONE = new Object();

    private static final JinjavaConfig CONFIG = JinjavaConfig.newBuilder()
            .withNestedInterpretationEnabled(false)
            .withProcessors(JinjavaProcessors.newBuilder()
                    .withNodePreProcessor((node, interpreter) -> ((TemplateInterpreter) interpreter).budget.step())
                    .build())
            .build();
    private static final Jinjava ENGINE = new EmptyEngine();

    private final RenderBudget budget;
    private final LocalDateTime now;
    private final EvaluationContext evaluation = new EvaluationContext(this);

    TemplateInterpreter(Map<String, Object> variables, RenderBudget budget, LocalDateTime now) {
        super(ENGINE, new EmptyContext(ENGINE.getGlobalContext()), CONFIG);
        this.budget = budget;
        this.now = now;
        variables.forEach(this::assign);
    }

    RenderBudget budget() {
        return budget;
    }

    LocalDateTime now() {
        return now;
    }

    EvaluationContext evaluation() {
        return evaluation;
    }

    /** The value of a variable, null for None, {@link Undefined} where no scope has it. */
    Object variable(String name) {
        Object value = getContext().get(name);
        if (value == null) {
            return new Undefined(name);
        }
        return value == NONE ? null : value;
    }

    /** Sets a variable in the innermost scope. */
    void assign(String name, Object value) {
        getContext().put(name, value == null ? NONE : value);
    }

    /** Does something within a scope of its own. */
    <T> T inScope(Supplier<T> body) {
        budget.scope(getScopeDepth());
        enterNonStackingScope();
        try {
            return body.get();
        } finally {
            leaveScope();
        }
    }

    /** Renders nodes one after the other. */
    String renderAll(List<Node> nodes) {
        if (nodes.size() == 1) {
            return nodes.get(0).render(this).getValue();
        }
        StringBuilder output = new StringBuilder();
        for (Node node : nodes) {
            try {
                String text = node.render(this).getValue();
                budget.charge(text.length());
                output.append(text);
            } catch (LoopExit exit) {
                exit.prepend(output);
                throw exit;
            }
        }
        return output.toString();
    }

    /** Loads Jinjava, which takes a good part of a second, so that no row has to wait for it. */
    static void prepare() {
        new TemplateInterpreter(Map.of(), new RenderBudget(0), LocalDateTime.MIN);
    }

    /** Jinjava without its functions, which it would otherwise copy for every rendering. */
    private static final class EmptyEngine extends Jinjava {
        private final Context empty;

        EmptyEngine() {
            super(CONFIG);
            this.empty = new EmptyContext(super.getGlobalContext());
        }

        @Override
        public Context getGlobalContext() {
            return empty;
        }
    }

    /** A scope that knows no library and never writes to its parent. */
    private static final class EmptyContext extends Context {
        EmptyContext(Context parent) {
            super(parent, null, null, true);
        }

        @Override
        public void addDependencies(SetMultimap<String, String> dependencies) {
            // Jinjava reports included files to the parent, which other threads share; there are none.
        }

        @Override
        public Collection<ELFunctionDefinition> getAllFunctions() {
            return List.of();
        }
    }
}
