package io.promptmill.udf.spark;

import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import java.util.List;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The columns of a job's output: the input's, then what became of the row. */
public final class OutputSchema {
    public static final String COMPLETION = "completion";
    public static final String COMPLETIONS = "completions";
    public static final String COMPLETION_INDEX = "completion_index";
    public static final String REASONING = "reasoning";
    public static final String LABEL = "label";
    public static final String PROBABILITY = "probability";
    public static final String MARGIN = "margin";
    public static final String PROBABILITIES = "probabilities";
    public static final String EXTRACTED = "extracted";
    public static final String EMBEDDING = "embedding";
    public static final String EMBEDDINGS = "embeddings";
    public static final String FINISH_REASON = "finish_reason";
    public static final String PROMPT_TOKENS = "prompt_tokens";
    public static final String COMPLETION_TOKENS = "completion_tokens";
    public static final String LOGPROBS = "logprobs";
    public static final String PROMPT_LOGPROBS = "prompt_logprobs";
    public static final String PROMPT_TRUNCATED = "prompt_truncated";
    public static final String ERROR = "error";
    public static final String ERROR_CATEGORY = "error_category";
    public static final String ATTEMPTS = "attempts";

    private OutputSchema() {}

    /**
     * The output columns for an input.
     *
     * @throws ConfigException where the input already has a column of one of the added names
     */
    public static StructType of(StructType input, GenerateSpec spec) {
        StructType added = added(spec);
        List<String> names = List.of(added.fieldNames());
        for (String field : input.fieldNames()) {
            if (names.stream().anyMatch(field::equalsIgnoreCase)) {
                throw new ConfigException("input column '" + field + "' has the name of an output column (" + names
                        + "); rename or drop it before the job");
            }
        }
        StructType all = input;
        for (var field : added.fields()) {
            all = all.add(field);
        }
        return all;
    }

    /** The columns that a job adds, in order. The first is what it is run for. */
    public static StructType added(GenerateSpec spec) {
        if (spec.task() instanceof LabelTask label) {
            return label(label, spec);
        }
        if (spec.task() instanceof ExtractTask extract) {
            return accounted(
                    counted(withReasoning(
                            new StructType().add(EXTRACTED, extract.type()).add(COMPLETION, DataTypes.StringType),
                            spec)),
                    spec);
        }
        if (spec.task() instanceof EmbedTask) {
            return embed(spec);
        }
        return generate((GenerateTask) spec.task(), spec);
    }

    /** A request may have several texts. */
    private static StructType embed(GenerateSpec spec) {
        DataType vector = DataTypes.createArrayType(DataTypes.FloatType);
        StructType columns = spec.prompt().source() == PromptSpec.Source.REQUEST
                ? new StructType().add(EMBEDDINGS, DataTypes.createArrayType(vector))
                : new StructType().add(EMBEDDING, vector);
        return accounted(counted(columns), spec);
    }

    private static StructType generate(GenerateTask task, GenerateSpec spec) {
        StructType columns = new StructType().add(COMPLETION, DataTypes.StringType);
        if (task.n() > 1 && !task.explode()) {
            columns = columns.add(COMPLETIONS, DataTypes.createArrayType(DataTypes.StringType));
        }
        if (task.explode()) {
            columns = columns.add(COMPLETION_INDEX, DataTypes.IntegerType, false);
        }
        columns = counted(withReasoning(columns, spec));
        if (task.logprobs() != CompletionOptions.NONE) {
            columns = columns.add(LOGPROBS, LogprobColumns.TYPE);
        }
        if (task.promptLogprobs() != CompletionOptions.NONE) {
            columns = columns.add(PROMPT_LOGPROBS, LogprobColumns.TYPE);
        }
        return accounted(columns, spec);
    }

    private static StructType label(LabelTask task, GenerateSpec spec) {
        return accounted(
                counted(new StructType()
                        .add(
                                LABEL,
                                task.multi() ? DataTypes.createArrayType(DataTypes.StringType) : DataTypes.StringType)
                        .add(PROBABILITY, DataTypes.DoubleType)
                        .add(MARGIN, DataTypes.DoubleType)
                        .add(PROBABILITIES, DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType))),
                spec);
    }

    private static StructType withReasoning(StructType columns, GenerateSpec spec) {
        return spec.reasoning().isOn() ? columns.add(REASONING, DataTypes.StringType) : columns;
    }

    private static StructType counted(StructType columns) {
        return columns.add(FINISH_REASON, DataTypes.StringType, false)
                .add(PROMPT_TOKENS, DataTypes.IntegerType, false)
                .add(COMPLETION_TOKENS, DataTypes.IntegerType, false);
    }

    private static StructType accounted(StructType columns, GenerateSpec spec) {
        StructType told =
                spec.prompt().overlong().cuts() ? columns.add(PROMPT_TRUNCATED, DataTypes.BooleanType) : columns;
        return told.add(ERROR, DataTypes.StringType)
                .add(ERROR_CATEGORY, DataTypes.StringType)
                .add(ATTEMPTS, DataTypes.IntegerType, false);
    }
}
