package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The columns of a generation job's output: the input's, then what became of the row. */
public final class OutputSchema {
    public static final String COMPLETION = "completion";
    public static final String FINISH_REASON = "finish_reason";
    public static final String PROMPT_TOKENS = "prompt_tokens";
    public static final String COMPLETION_TOKENS = "completion_tokens";
    public static final String ERROR = "error";

    /** Names of the added columns, in order. */
    public static final List<String> ADDED =
            List.of(COMPLETION, FINISH_REASON, PROMPT_TOKENS, COMPLETION_TOKENS, ERROR);

    private OutputSchema() {}

    /**
     * The output columns for an input.
     *
     * @throws ConfigException where the input already has a column of one of the added names
     */
    public static StructType of(StructType input) {
        for (String field : input.fieldNames()) {
            if (ADDED.stream().anyMatch(field::equalsIgnoreCase)) {
                throw new ConfigException("input column '" + field + "' has the name of an output column (" + ADDED
                        + "); rename or drop it before the job");
            }
        }
        return input.add(COMPLETION, DataTypes.StringType, true)
                .add(FINISH_REASON, DataTypes.StringType, false)
                .add(PROMPT_TOKENS, DataTypes.IntegerType, false)
                .add(COMPLETION_TOKENS, DataTypes.IntegerType, false)
                .add(ERROR, DataTypes.StringType, true);
    }
}
