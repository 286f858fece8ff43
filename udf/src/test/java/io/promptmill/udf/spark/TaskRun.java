package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.prompt.PromptSpec;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Rows through a task under Spark, in one partition, with an engine of the test's own. */
record TaskRun(GenerateSpec spec, StructType columns, GenerateMetrics metrics, CompletionEngine engine) {

    static TaskRun of(TaskSpec task, PromptSpec prompt, String columns, CompletionEngine engine) {
        return of(LocalSpark.spec(null, prompt, Map.of()).withTask(task), columns, engine);
    }

    static TaskRun of(GenerateSpec spec, String columns, CompletionEngine engine) {
        GenerateMetrics metrics = GenerateMetrics.register(LocalSpark.session().sparkContext());
        return new TaskRun(spec, StructType.fromDDL(columns), metrics, engine);
    }

    static PromptSpec template(String text) {
        return new PromptSpec(PromptSpec.Source.TEMPLATE, text, null, false);
    }

    GenerateFunction function() {
        String name = "task-" + System.identityHashCode(engine);
        return new GenerateFunction(spec, columns, metrics, StubSource.of(name, engine));
    }

    List<Row> run(Row... rows) {
        Dataset<Row> input =
                LocalSpark.session().createDataFrame(List.of(rows), columns).coalesce(1);
        return function().applyTo(input).collectAsList();
    }
}
