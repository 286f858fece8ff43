package io.promptmill.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.spark.RequestColumn;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Reads one line of a batch file: what requests of all kinds have alike. Stateless. */
abstract class OpenAiRequest implements Serializable {
    private static final long serialVersionUID = 1L;

    static final String CHAT = "/v1/chat/completions";
    static final String TEXT = "/v1/completions";
    static final String EMBEDDINGS = "/v1/embeddings";

    /** The task that serves requests to an address. */
    private static final Map<String, String> TASKS = Map.of(CHAT, "generate", TEXT, "generate", EMBEDDINGS, "embed");

    /** Enough of a line to find it by. */
    private static final int SHOWN = 80;

    private static final ObjectReader READER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    /** The columns that all requests have, before those of their kind. */
    static StructType commonSchema() {
        return new StructType()
                .add(OpenAiBatch.CUSTOM_ID, DataTypes.StringType)
                .add(OpenAiBatch.URL, DataTypes.StringType)
                .add(OpenAiBatch.MODEL, DataTypes.StringType)
                .add(OpenAiBatch.REQUEST, RequestColumn.TYPE);
    }

    /** How many {@link #commonSchema} has. */
    static final int COMMON = commonSchema().size();

    /** The columns of a line. */
    abstract StructType schema();

    /** The addresses that requests of this kind go to. */
    abstract List<String> urls();

    /**
     * Reads a body.
     *
     * @param values of the line, of which those from {@link #COMMON} on are to be written
     * @throws RequestException where it cannot be served
     */
    abstract RequestColumn request(String url, OpenAiBody body, Object[] values);

    /** The line in the columns of {@link #schema}; one that cannot be served says so. */
    final Row row(String line) {
        Object[] values = new Object[schema().size()];
        RequestColumn request;
        try {
            request = read(line, values);
        } catch (RequestException unusable) {
            Arrays.fill(values, COMMON, values.length, null);
            request = RequestColumn.refused(unusable.getMessage());
        }
        values[COMMON - 1] = request.toRow();
        return RowFactory.create(values);
    }

    private RequestColumn read(String line, Object[] values) {
        JsonNode root = parsed(line);
        JsonNode id = root.path(OpenAiBatch.CUSTOM_ID);
        if (!id.isTextual() || id.textValue().isBlank()) {
            throw new RequestException(
                    "the line has no custom_id, a text by which its answer is known: " + shown(line));
        }
        values[0] = id.textValue();
        JsonNode url = root.path(OpenAiBatch.URL);
        values[1] = url.textValue();
        JsonNode method = root.path("method");
        if (!method.isMissingNode() && !method.isNull() && !"POST".equals(method.textValue())) {
            throw new RequestException("method is " + method + "; expected \"POST\"");
        }
        requireServed(url);
        if (!(root.get("body") instanceof ObjectNode content)) {
            throw new RequestException("body is " + OpenAiBody.shown(root.path("body")) + "; expected an object");
        }
        values[2] = content.path(OpenAiBatch.MODEL).textValue();
        return request(url.textValue(), new OpenAiBody(content), values);
    }

    private static JsonNode parsed(String line) {
        try {
            JsonNode root = READER.readTree(line.startsWith("\ufeff") ? line.substring(1) : line);
            if (root.isObject()) {
                return root;
            }
        } catch (JsonProcessingException broken) {
            throw new RequestException(
                    "the line is not JSON (" + broken.getOriginalMessage() + "): " + shown(line), broken);
        }
        throw new RequestException("the line is no JSON object with custom_id, url and body: " + shown(line));
    }

    private void requireServed(JsonNode url) {
        if (url.isTextual() && urls().contains(url.textValue())) {
            return;
        }
        String task = url.isTextual() ? TASKS.get(url.textValue()) : null;
        if (task != null) {
            throw new RequestException("url is " + url.textValue() + ", which jobs with task: " + task
                    + " serve; put such lines into a file of their own and set that");
        }
        throw new RequestException(
                "url is " + OpenAiBody.shown(url) + "; expected \"" + String.join("\" or \"", urls()) + "\"");
    }

    private static String shown(String line) {
        String start = line.strip();
        return start.length() <= SHOWN ? start : start.substring(0, start.offsetByCodePoints(0, SHOWN / 2)) + "...";
    }
}
