package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.spark.OutputSchema;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Compares the rows that a job has written with right answers in a column of its input. Counts where the rows are: only
 * sums come to the driver. Immutable.
 */
abstract class Evaluation {
    static final String LABEL = "label";
    static final String PROBABILITY = "probability";
    static final String PROBABILITIES = "probabilities";
    static final String EXTRACTED = "extracted";

    /** Names of what the subclasses select. */
    static final String GOLD = "gold";

    static final String OUTCOME = "outcome";

    final String column;

    Evaluation(String column) {
        this.column = column;
    }

    /** Counts the rows of an output. */
    abstract EvaluationReport report(Dataset<Row> written);

    /**
     * The evaluation that fits a job's columns.
     *
     * @param output columns: the input's, then those that the task adds
     * @throws ConfigException where the input has no such column, or one that cannot be compared with the result
     */
    static Evaluation of(EvaluationConfig config, StructType input, StructType output) {
        DataType gold = gold(config.column(), input);
        StructField label = added(LABEL, input, output);
        StructField extracted = added(EXTRACTED, input, output);
        if (label != null && !(label.dataType() instanceof ArrayType)) {
            requireType(config.column(), gold, gold.equals(DataTypes.StringType), "string, to be compared with labels");
            return new LabelEvaluation(
                    config.column(), config.bins() == null ? EvaluationConfig.DEFAULT_BINS : config.bins());
        }
        if (config.bins() != null) {
            throw new ConfigException("'evaluate.bins' has no effect: only jobs that give each row one label have a"
                    + " reliability curve; remove it");
        }
        if (label != null) {
            boolean texts =
                    gold instanceof ArrayType array && array.elementType().equals(DataTypes.StringType);
            requireType(
                    config.column(),
                    gold,
                    texts || gold.equals(DataTypes.StringType),
                    "array<string>, or a string with JSON of it, to be compared with several labels");
            return new LabelSetEvaluation(config.column(), texts);
        }
        if (extracted != null) {
            requireType(
                    config.column(),
                    gold,
                    gold instanceof StructType || gold.equals(DataTypes.StringType),
                    "a struct, or a string with JSON, of the fields to be extracted");
            return FieldEvaluation.of(config.column(), gold, extracted.dataType());
        }
        requireType(
                config.column(), gold, gold.equals(DataTypes.StringType), "string, to be compared with completions");
        return new TextEvaluation(config.column());
    }

    /** The column of right answers, under {@link #GOLD}. */
    final Column gold() {
        return quoted(column).as(GOLD);
    }

    /**
     * The kind of each row's outcome, by name.
     *
     * @param readable whether a right answer that is not null can be used; null counts as not
     * @param failed whether there is no result
     * @param abstained whether the result is not to answer
     */
    static Column outcome(Column readable, Column failed, Column abstained) {
        return when(col(GOLD).isNull(), Outcomes.Kind.WITHOUT_GOLD.name())
                .when(coalesce(readable, lit(false)).equalTo(false), Outcomes.Kind.UNREADABLE_GOLD.name())
                .when(failed, Outcomes.Kind.ERROR.name())
                .when(abstained, Outcomes.Kind.ABSTAINED.name())
                .otherwise(Outcomes.Kind.EVALUATED.name())
                .as(OUTCOME);
    }

    static Column failed() {
        return col(OutputSchema.ERROR).isNotNull();
    }

    static Outcomes.Kind kind(Row row) {
        return Outcomes.Kind.valueOf(row.getAs(OUTCOME));
    }

    /** A sum that is null over no rows. */
    static long total(Row row, String name) {
        int index = row.fieldIndex(name);
        return row.isNullAt(index) ? 0 : row.getLong(index);
    }

    private static DataType gold(String column, StructType input) {
        List<String> names = Arrays.asList(input.fieldNames());
        if (!names.contains(column)) {
            throw new ConfigException("'evaluate.column' is \"" + column + "\", which is not a column of the input; "
                    + NearestName.hint(column, names) + "the columns are " + names);
        }
        return input.apply(column).dataType();
    }

    private static void requireType(String column, DataType type, boolean fits, String expected) {
        if (!fits) {
            throw new ConfigException("'evaluate.column': column '" + column + "' is of type " + type.simpleString()
                    + "; expected " + expected + " (input.schema says how a column is read)");
        }
    }

    /** A column of the output that the input does not have, or null. */
    private static StructField added(String name, StructType input, StructType output) {
        return Arrays.asList(output.fieldNames()).contains(name)
                        && !Arrays.asList(input.fieldNames()).contains(name)
                ? output.apply(name)
                : null;
    }
}
