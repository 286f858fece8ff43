package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.RequestException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What a row asks for where every row says so itself: a conversation or a plain text and the form of its answer, texts to
 * turn into vectors, or why nothing can be asked.
 *
 * @param messages JSON text of a conversation, for the model's chat template; or null
 * @param prompt text that goes to the model as it is; or null
 * @param jsonSchema that the completion is a document of, instead of the job's constraint; or null
 * @param inputs JSON text of an array whose elements are texts or arrays of token ids, to turn into vectors; or null
 * @param dimensions of those vectors, or null
 * @param problem why the row cannot be served; or null
 */
public record RequestColumn(
        String messages, String prompt, String jsonSchema, String inputs, Integer dimensions, String problem) {
    /** The type of such a column. */
    public static final StructType TYPE = new StructType()
            .add("messages", DataTypes.StringType)
            .add("prompt", DataTypes.StringType)
            .add("json_schema", DataTypes.StringType)
            .add("inputs", DataTypes.StringType)
            .add("dimensions", DataTypes.IntegerType)
            .add("problem", DataTypes.StringType);

    private static final int PROBLEM = TYPE.fieldIndex("problem");

    /** A conversation to complete. */
    public static RequestColumn chat(String messages, String jsonSchema) {
        return new RequestColumn(messages, null, jsonSchema, null, null, null);
    }

    /** A plain text to complete. */
    public static RequestColumn text(String prompt, String jsonSchema) {
        return new RequestColumn(null, prompt, jsonSchema, null, null, null);
    }

    /** Texts to turn into vectors. */
    public static RequestColumn embedding(String inputs, Integer dimensions) {
        return new RequestColumn(null, null, null, inputs, dimensions, null);
    }

    /** A row that cannot be served. */
    public static RequestColumn refused(String problem) {
        return new RequestColumn(null, null, null, null, null, problem);
    }

    /** As a value of {@link #TYPE}. */
    public Row toRow() {
        return RowFactory.create(messages, prompt, jsonSchema, inputs, dimensions, problem);
    }

    static boolean fits(DataType type) {
        return type.simpleString().equals(TYPE.simpleString());
    }

    /** @throws RequestException where the row cannot be served */
    static RequestColumn of(Row row, int column) {
        if (row.isNullAt(column)) {
            throw new RequestException("the row has no request");
        }
        Row values = row.getStruct(column);
        if (!values.isNullAt(PROBLEM)) {
            throw new RequestException(values.getString(PROBLEM));
        }
        return new RequestColumn(
                values.getString(0),
                values.getString(1),
                values.getString(2),
                values.getString(3),
                values.isNullAt(4) ? null : values.getInt(4),
                null);
    }

    /** What the completion must meet, or null where the row does not say. */
    ConstraintSpec constraint() {
        return jsonSchema == null ? null : new ConstraintSpec(ConstraintSpec.Kind.JSON_SCHEMA, jsonSchema);
    }
}
