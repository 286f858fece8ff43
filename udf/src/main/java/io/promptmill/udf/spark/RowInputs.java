package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.engine.ReasoningSpec;
import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;
import org.apache.spark.sql.types.StructType;

/** Where the parts of a row's request come from: its prompt, id, sampling and adapter. Immutable and thread-safe. */
final class RowInputs implements Serializable {
    private static final long serialVersionUID = 1L;

    private final GenerateSpec spec;
    private final StructType schema;
    private final Thinking thinking;
    private final RowIds ids;
    private final SamplingOverrides sampling;
    private final AdapterColumn adapters;

    /** @throws ConfigException where the specification does not fit the columns */
    RowInputs(GenerateSpec spec, StructType schema) {
        this.spec = spec;
        this.schema = schema;
        this.thinking = new Thinking(spec.task() instanceof LabelTask ? Reasoning.OFF : spec.reasoning());
        this.ids = new RowIds(spec.idColumn(), schema);
        this.sampling = new SamplingOverrides(spec.sampling(), spec.samplingColumns(), schema);
        this.adapters = new AdapterColumn(spec.adapters(), schema);
        prompts();
    }

    GenerateSpec spec() {
        return spec;
    }

    StructType schema() {
        return schema;
    }

    /** For the options of a request: how thinking is told from the answer; null where it is not. */
    ReasoningSpec reasoning() {
        return spec.reasoning().isOn() ? spec.reasoning().marks() : null;
    }

    /** A reader for one Spark task. */
    PromptReader prompts() {
        return new PromptReader(
                spec.prompt(), schema, spec.now(), thinking, spec.task().templateVariables());
    }

    /** @throws ConfigException where the model cannot take the job's prompts */
    RequestBuilder builder(CompletionEngine engine) {
        PromptReader prompts = prompts();
        prompts.requireUsable(engine.encoder());
        return new RequestBuilder(
                prompts, ids, sampling, adapters, thinking, engine.encoder(), engine.maximumContext());
    }
}
