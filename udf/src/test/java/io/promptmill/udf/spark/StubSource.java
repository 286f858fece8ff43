package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Finds a test's engine by name, in the one JVM of a local master. */
record StubSource(String name) implements EngineSource {
    private static final Map<String, CompletionEngine> ENGINES = new ConcurrentHashMap<>();
    private static final Map<String, Boolean> FAILED = new ConcurrentHashMap<>();

    static StubSource of(String name, CompletionEngine engine) {
        ENGINES.put(name, engine);
        return new StubSource(name);
    }

    boolean wasToldOfFailure() {
        return FAILED.containsKey(name);
    }

    @Override
    public CompletionEngine get(GenerateSpec spec, GenerateMetrics metrics) {
        return ENGINES.get(name);
    }

    @Override
    public void failed(CompletionEngine engine) {
        FAILED.put(name, true);
    }
}
