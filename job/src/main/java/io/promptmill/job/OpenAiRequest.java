package io.promptmill.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.spark.RequestColumn;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;

/**
 * Reads one line of a batch file. Stateless but for a setting of the job.
 *
 * @param logprobs of the job, as {@link OpenAiBatch#logprobs}
 */
record OpenAiRequest(int logprobs) {
    static final String CHAT = "/v1/chat/completions";
    static final String TEXT = "/v1/completions";
    private static final String EMBEDDINGS = "/v1/embeddings";

    /** Enough of a line to find it by. */
    private static final int SHOWN = 80;

    private static final int FIRST_SAMPLING = OpenAiBatch.SCHEMA.fieldIndex(OpenAiBatch.REQUEST) + 1;

    private static final ObjectReader READER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    /** The line in the columns of {@link OpenAiBatch#SCHEMA}. */
    Row row(String line) {
        Object[] values = new Object[OpenAiBatch.SCHEMA.size()];
        RequestColumn request;
        try {
            request = read(line, values);
        } catch (RequestException unusable) {
            Arrays.fill(values, FIRST_SAMPLING, values.length, null);
            request = RequestColumn.refused(unusable.getMessage());
        }
        values[FIRST_SAMPLING - 1] = request.toRow();
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
        requireKnown(url);
        if (!(root.get("body") instanceof ObjectNode content)) {
            throw new RequestException("body is " + OpenAiBody.shown(root.path("body")) + "; expected an object");
        }
        boolean chat = url.textValue().equals(CHAT);
        OpenAiBody body = new OpenAiBody(content);
        values[2] = content.path(OpenAiBatch.MODEL).textValue();
        body.requireSupported(chat);
        int column = FIRST_SAMPLING;
        for (Map.Entry<String, DataType> sampling : OpenAiBatch.SAMPLING.entrySet()) {
            boolean newer = sampling.getKey().equals("max_tokens") && body.has("max_completion_tokens");
            values[column++] = body.value(newer ? "max_completion_tokens" : sampling.getKey(), sampling.getValue());
        }
        values[column] = topLogprobs(body, chat);
        return chat
                ? new RequestColumn(body.messages(), null, body.jsonSchema(), null)
                : new RequestColumn(null, body.prompt(), body.jsonSchema(), null);
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

    private static void requireKnown(JsonNode url) {
        if (EMBEDDINGS.equals(url.textValue())) {
            throw new RequestException("url is " + EMBEDDINGS + ", but the engine completes texts and computes no"
                    + " embeddings; use an embedding model elsewhere for this line");
        }
        if (!CHAT.equals(url.textValue()) && !TEXT.equals(url.textValue())) {
            throw new RequestException(
                    "url is " + OpenAiBody.shown(url) + "; expected \"" + CHAT + "\" or \"" + TEXT + "\"");
        }
    }

    /** How many alternatives the answer is to have for each token; null for no log-probabilities. */
    private Integer topLogprobs(OpenAiBody body, boolean chat) {
        Integer asked;
        String key = chat ? OpenAiBatch.TOP_LOGPROBS : "logprobs";
        if (chat) {
            boolean wanted = Boolean.TRUE.equals(body.flag("logprobs"));
            Integer alternatives = body.count(key);
            if (!wanted && alternatives != null && alternatives != 0) {
                throw new RequestException("body.top_logprobs is " + alternatives + " without logprobs: true; add that,"
                        + " or remove it");
            }
            asked = !wanted ? null : alternatives == null ? Integer.valueOf(0) : alternatives;
        } else {
            asked = body.count(key);
        }
        if (asked != null && (asked < 0 || asked > CompletionOptions.MOST_ALTERNATIVES)) {
            throw new RequestException(
                    "body." + key + " is " + asked + "; expected 0 to " + CompletionOptions.MOST_ALTERNATIVES);
        }
        if (asked != null && asked > logprobs) {
            throw new RequestException("body asks for log-probabilities with " + asked + " alternatives, and the job "
                    + (logprobs == CompletionOptions.NONE ? "computes none" : "for " + logprobs)
                    + "; set generate.logprobs to " + asked + " or more");
        }
        return asked;
    }

    private static String shown(String line) {
        String start = line.strip();
        return start.length() <= SHOWN ? start : start.substring(0, start.offsetByCodePoints(0, SHOWN / 2)) + "...";
    }
}
