package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import java.io.Serializable;

/** Where a task finds its engine. Travels to the executors; called there by many task threads at once. */
@FunctionalInterface
public interface EngineSource extends Serializable {

    /**
     * The engine for a job, loaded where this JVM has none yet. The source owns it: a task must not close it.
     *
     * @param metrics where a load is counted, or null
     */
    CompletionEngine get(GenerateSpec spec, GenerateMetrics metrics);

    /** Told by a task whose request the engine failed to serve, so that a retry gets another engine. */
    default void failed(CompletionEngine engine) {}
}
