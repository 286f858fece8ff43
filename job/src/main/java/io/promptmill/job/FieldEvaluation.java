package io.promptmill.job;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.udf;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Extracted fields against the right ones, compared as JSON values. One pass. */
final class FieldEvaluation extends Evaluation {
    private static final String MATCHES = "matches";

    /** Spark cuts what is below a millisecond otherwise, and writes the session's time zone. */
    private static final Map<String, String> JSON = Map.of(
            "timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
            "timestampNTZFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
            "timeZone", "UTC");

    private final boolean struct;
    private final List<String> fields;
    private final List<String> notCompared;

    private FieldEvaluation(String column, boolean struct, List<String> fields, List<String> notCompared) {
        super(column);
        this.struct = struct;
        this.fields = fields;
        this.notCompared = notCompared;
    }

    /**
     * @param gold type of the right answers, struct or string
     * @throws ConfigException where there is no field to compare
     */
    static FieldEvaluation of(String column, DataType gold, DataType extracted) {
        if (!(extracted instanceof StructType result)) {
            throw new ConfigException("'evaluate' compares the fields of an object; the schema of this job describes a "
                    + extracted.simpleString());
        }
        List<String> fields = new ArrayList<>(Arrays.asList(result.fieldNames()));
        List<String> notCompared = new ArrayList<>();
        if (gold instanceof StructType right) {
            notCompared.addAll(fields);
            notCompared.removeAll(Arrays.asList(right.fieldNames()));
            fields.removeAll(notCompared);
            if (fields.isEmpty()) {
                throw new ConfigException("'evaluate.column': column '" + column + "' has the fields "
                        + Arrays.asList(right.fieldNames()) + ", of which none is extracted; expected some of "
                        + notCompared);
            }
        }
        return new FieldEvaluation(column, gold instanceof StructType, List.copyOf(fields), List.copyOf(notCompared));
    }

    @Override
    EvaluationReport report(Dataset<Row> written) {
        Column right = struct ? to_json(col(GOLD), JSON) : col(GOLD);
        Column matches = udf(new FieldMatch(fields), DataTypes.createArrayType(DataTypes.BooleanType))
                .apply(right, to_json(col(EXTRACTED), JSON));
        Dataset<Row> rows = written.select(gold(), col(EXTRACTED), failed().as("failed"))
                .select(col(GOLD), col("failed").or(col(EXTRACTED).isNull()).as("failed"), matches.as(MATCHES));
        List<Column> sums = new ArrayList<>();
        sums.add(sum(not(array_contains(col(MATCHES), false)).cast(DataTypes.LongType))
                .as("correct"));
        for (int i = 0; i < fields.size(); i++) {
            sums.add(sum(col(MATCHES).getItem(i).cast(DataTypes.LongType)).as("field" + i));
        }
        Outcomes outcomes = Outcomes.NONE;
        long[] correct = new long[fields.size()];
        for (Row group : rows.withColumn(OUTCOME, outcome(col(MATCHES).isNotNull(), col("failed"), lit(false)))
                .groupBy(OUTCOME)
                .agg(count(lit(1)).as("rows"), sums.toArray(Column[]::new))
                .collectAsList()) {
            outcomes = outcomes.plus(kind(group), total(group, "rows"), total(group, "correct"));
            for (int i = 0; i < correct.length && kind(group) == Outcomes.Kind.EVALUATED; i++) {
                correct[i] += total(group, "field" + i);
            }
        }
        List<EvaluationReport.FieldScore> scores = new ArrayList<>();
        for (int i = 0; i < correct.length; i++) {
            scores.add(new EvaluationReport.FieldScore(fields.get(i), correct[i]));
        }
        return EvaluationReport.of(column, EXTRACTED, outcomes).withFields(scores, notCompared);
    }
}
