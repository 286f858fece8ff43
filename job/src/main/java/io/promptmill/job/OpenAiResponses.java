package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.engine.FinishReason;
import io.promptmill.udf.spark.OutputSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Rows that came as requests of a batch file, as the lines of its output file: the text of each in one column. */
final class OpenAiResponses {
    private static final String LINE = "value";

    /** What of a line is read back. */
    private static final StructType READ =
            StructType.fromDDL("custom_id STRING, error STRUCT<code: STRING, message: STRING>,"
                    + " response STRUCT<body: STRUCT<model: STRING,"
                    + " data: ARRAY<STRUCT<embedding: STRING>>,"
                    + " choices: ARRAY<STRUCT<message: STRUCT<content: STRING>, text: STRING, finish_reason: STRING>>,"
                    + " usage: STRUCT<prompt_tokens: INT, completion_tokens: INT>>>");

    private OpenAiResponses() {}

    /** The schema as files hold it: the line, and the columns that are folders. */
    static StructType stored(StructType schema, List<String> folders) {
        StructType stored = new StructType().add(LINE, DataTypes.StringType);
        for (String folder : folders) {
            stored = stored.add(schema.apply(folder));
        }
        return stored;
    }

    /** @param rows that {@link Provenance} has marked */
    static Dataset<Row> asText(Dataset<Row> rows, List<String> folders) {
        JsonNode making = Provenance.of(rows.schema());
        OpenAiResponse response = new OpenAiResponse(
                Instant.parse(making.path("start").asText()).getEpochSecond(),
                making.path("model").path("reference").asText());
        UDF1<Row, String> line = response::line;
        List<Column> columns = new ArrayList<>();
        columns.add(udf(line, DataTypes.StringType)
                .apply(struct(quoted(rows.schema().fieldNames())))
                .as(LINE));
        columns.addAll(List.of(quoted(folders)));
        return rows.select(columns.toArray(Column[]::new));
    }

    /** The rows that {@link #asText} was given, as far as lines tell: other columns are null. */
    static Dataset<Row> restored(Dataset<Row> lines, StructType schema, List<String> folders) {
        String parsed = "_line";
        Column body = col(parsed).getField("response").getField("body");
        Column choice = body.getField("choices").getItem(0);
        Column error = col(parsed).getField("error");
        Column[] columns = Arrays.stream(schema.fields())
                .map(field -> folders.contains(field.name())
                        ? quoted(field.name())
                        : restored(field, col(parsed), body, choice, error).as(field.name()))
                .toArray(Column[]::new);
        return lines.withColumn(parsed, from_json(quoted(LINE), READ)).select(columns);
    }

    private static DataType vectorType(DataType vectors) {
        return ((ArrayType) vectors).elementType();
    }

    private static Column restored(StructField field, Column line, Column body, Column choice, Column error) {
        return switch (field.name()) {
            case OpenAiBatch.CUSTOM_ID -> line.getField(OpenAiBatch.CUSTOM_ID);
            case OpenAiBatch.MODEL -> body.getField(OpenAiBatch.MODEL);
            case OutputSchema.COMPLETION ->
                coalesce(choice.getField("message").getField("content"), choice.getField("text"));
            // Those in base64 are null.
            case OutputSchema.EMBEDDINGS ->
                transform(
                        body.getField("data"),
                        vector -> from_json(vector.getField("embedding"), vectorType(field.dataType())));
            case OutputSchema.FINISH_REASON ->
                when(error.isNotNull(), lit(FinishReason.ERROR.label()))
                        // A vector is never cut short.
                        .otherwise(coalesce(choice.getField("finish_reason"), lit(FinishReason.STOP.label())));
            case OutputSchema.PROMPT_TOKENS, OutputSchema.COMPLETION_TOKENS ->
                coalesce(body.getField("usage").getField(field.name()), lit(0));
            case OutputSchema.ERROR -> error.getField("message");
            case OutputSchema.ERROR_CATEGORY -> error.getField("code");
            default -> lit(null).cast(field.dataType());
        };
    }
}
