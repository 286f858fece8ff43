package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** Tells between which choices a row's label is: those of the job, or those that a column has. Immutable and thread-safe. */
final class RowChoices implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int FIXED = -1;

    private final List<LabelChoice> fixed;
    private final String column;
    private final int index;
    private final boolean json;

    /** @throws ConfigException where the column is missing or of another type */
    RowChoices(LabelTask task, StructType schema) {
        fixed = task.choices();
        column = task.column();
        index = column == null ? FIXED : Columns.require(schema, column, "label column");
        DataType type = index == FIXED ? null : schema.apply(index).dataType();
        json = type instanceof StringType;
        boolean texts = type instanceof ArrayType array && array.elementType() instanceof StringType;
        if (type != null && !json && !texts) {
            throw new ConfigException("label column '" + column + "' is of type " + type.simpleString()
                    + "; expected array<string>, or string with a JSON array of texts");
        }
    }

    /** @throws RequestException where the row has no usable choices */
    List<LabelChoice> of(Row row) {
        if (index == FIXED) {
            return fixed;
        }
        if (row.isNullAt(index)) {
            throw refusal("is null in this row");
        }
        List<String> texts = json ? parsed(row.getString(index)) : elements(row.get(index));
        if (texts.isEmpty()) {
            throw refusal("is empty in this row");
        }
        if (texts.size() > LabelTask.MOST_CHOICES) {
            throw refusal("has " + texts.size() + " choices in this row; at most " + LabelTask.MOST_CHOICES
                    + " can be scored");
        }
        Set<String> seen = new HashSet<>();
        List<LabelChoice> choices = new ArrayList<>();
        for (String text : texts) {
            if (text == null || text.isBlank()) {
                throw refusal("has " + (text == null ? "null" : "blank text") + " at position " + choices.size());
            }
            if (!seen.add(text)) {
                throw refusal("has '" + text + "' twice in this row");
            }
            choices.add(new LabelChoice(text, null));
        }
        return choices;
    }

    private static List<String> elements(Object array) {
        List<String> texts = new ArrayList<>();
        RowValues.elements(array).forEach(element -> texts.add((String) element));
        return texts;
    }

    private List<String> parsed(String text) {
        JsonNode array;
        try {
            array = JSON.readTree(text);
        } catch (JsonProcessingException malformed) {
            throw refusal("is not JSON in this row (" + malformed.getOriginalMessage() + ")");
        }
        if (!array.isArray()) {
            throw refusal("is no JSON array in this row");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : array) {
            if (!element.isTextual() && !element.isNull()) {
                throw refusal("has " + element.getNodeType() + " instead of text at position " + texts.size());
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    private RequestException refusal(String problem) {
        return new RequestException("label column '" + column + "' " + problem
                + "; expected texts that differ, such as [\"positive\", \"negative\"]");
    }
}
