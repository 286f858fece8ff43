package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.ExtractTask;
import java.util.List;

/** Binds the section {@code extract}. */
final class ExtractSection {
    private static final String SCHEMA = "schema";

    private ExtractSection() {}

    /** @throws ConfigException naming the key that is unknown or missing, or the place of a schema that is wrong */
    static ExtractTask of(JsonNode node) {
        Section section = Section.of("extract", node, List.of(SCHEMA));
        JsonNode value = section.value(SCHEMA);
        boolean json = value != null
                && (value.isObject()
                        || value.isTextual()
                                && (JsonSchemaText.isJson(value.textValue())
                                        || JsonSchemaText.isFile(value.textValue())));
        ExtractTask task = json
                ? ExtractTask.ofSchema(JsonSchemaText.of(section, SCHEMA))
                : ExtractTask.ofDdl(section.requireText(SCHEMA));
        new ConstraintSpec(ConstraintSpec.Kind.JSON_SCHEMA, task.schema()).check();
        return task;
    }
}
