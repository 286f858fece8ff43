package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.RequestException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What a row asks for where every row says so itself: a conversation or a plain text, the form of its answer, or why nothing
 * can be asked.
 *
 * @param messages JSON text of a conversation, for the model's chat template; or null
 * @param prompt text that goes to the model as it is; or null
 * @param jsonSchema that the completion is a document of, instead of the job's constraint; or null
 * @param problem why the row cannot be served; or null
 */
public record RequestColumn(String messages, String prompt, String jsonSchema, String problem) {
    /** The type of such a column. */
    public static final StructType TYPE = new StructType()
            .add("messages", DataTypes.StringType)
            .add("prompt", DataTypes.StringType)
            .add("json_schema", DataTypes.StringType)
            .add("problem", DataTypes.StringType);

    /** A row that cannot be served. */
    public static RequestColumn refused(String problem) {
        return new RequestColumn(null, null, null, problem);
    }

    /** As a value of {@link #TYPE}. */
    public Row toRow() {
        return RowFactory.create(messages, prompt, jsonSchema, problem);
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
        if (!values.isNullAt(3)) {
            throw new RequestException(values.getString(3));
        }
        return new RequestColumn(values.getString(0), values.getString(1), values.getString(2), null);
    }

    /** What the completion must meet, or null where the row does not say. */
    ConstraintSpec constraint() {
        return jsonSchema == null ? null : new ConstraintSpec(ConstraintSpec.Kind.JSON_SCHEMA, jsonSchema);
    }
}
