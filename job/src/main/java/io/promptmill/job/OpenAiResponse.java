package io.promptmill.job;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.spark.OutputSchema;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Writes one line of a batch's output file. Ids follow from the row's own, so that a line is the same whenever and wherever it
 * is written.
 *
 * @param created when the job began, in seconds since 1970
 * @param model the job's, for requests that name none
 */
record OpenAiResponse(long created, String model) implements Serializable {
    private static final JsonMapper JSON = new JsonMapper();

    /** Errors that are the request's own; others are the server's. */
    private static final Set<String> OF_REQUEST = Set.of(
            ErrorCategory.INPUT.label(), ErrorCategory.PROMPT_TOO_LONG.label(), ErrorCategory.CONSTRAINT.label());

    /** @param row of the job's output */
    String line(Row row) {
        String id = row.getAs(OpenAiBatch.CUSTOM_ID);
        String digest =
                digest(id != null ? id : row.<Row>getAs(OpenAiBatch.REQUEST).toString());
        String error = row.getAs(OutputSchema.ERROR);
        ObjectNode line = JSON.createObjectNode();
        line.put("id", "batch_req_" + digest.substring(0, 32));
        line.put(OpenAiBatch.CUSTOM_ID, id);
        ObjectNode response = line.putObject("response");
        response.put("status_code", 200);
        response.put("request_id", digest.substring(32));
        if (error == null) {
            response.set("body", body(row, digest.substring(0, 32)));
            line.putNull("error");
        } else {
            String category = row.getAs(OutputSchema.ERROR_CATEGORY);
            boolean ofRequest = OF_REQUEST.contains(category);
            response.put("status_code", ofRequest ? 400 : 500);
            ObjectNode reason = response.putObject("body").putObject("error");
            reason.put("message", error);
            reason.put("type", ofRequest ? "invalid_request_error" : "server_error");
            reason.putNull("param");
            reason.put("code", category);
            line.putObject("error").put("code", category).put("message", error);
        }
        return line.toString();
    }

    private ObjectNode body(Row row, String id) {
        return OpenAiRequest.EMBEDDINGS.equals(row.getAs(OpenAiBatch.URL)) ? embeddings(row) : completion(row, id);
    }

    private ObjectNode embeddings(Row row) {
        boolean base64 = OpenAiEmbeddingRequest.BASE64.equals(row.getAs(OpenAiEmbeddingRequest.ENCODING_FORMAT));
        ObjectNode body = JSON.createObjectNode();
        body.put("object", "list");
        ArrayNode data = body.putArray("data");
        List<Seq<Float>> vectors = row.getList(row.fieldIndex(OutputSchema.EMBEDDINGS));
        for (Seq<Float> numbers : vectors) {
            List<Float> vector = CollectionConverters.asJava(numbers);
            ObjectNode embedding = data.addObject();
            embedding.put("object", "embedding");
            embedding.put("index", data.size() - 1);
            if (base64) {
                embedding.put("embedding", base64(vector));
            } else {
                vector.forEach(embedding.putArray("embedding")::add);
            }
        }
        body.put("model", servedModel(row));
        int prompt = row.getAs(OutputSchema.PROMPT_TOKENS);
        body.putObject("usage").put("prompt_tokens", prompt).put("total_tokens", prompt);
        return body;
    }

    /** Single precision, little endian. */
    private static String base64(List<Float> vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        vector.forEach(bytes::putFloat);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private String servedModel(Row row) {
        String asked = row.getAs(OpenAiBatch.MODEL);
        return asked == null ? model : asked;
    }

    private ObjectNode completion(Row row, String id) {
        boolean chat = OpenAiRequest.CHAT.equals(row.getAs(OpenAiBatch.URL));
        ObjectNode body = JSON.createObjectNode();
        body.put("id", (chat ? "chatcmpl-" : "cmpl-") + id);
        body.put("object", chat ? "chat.completion" : "text_completion");
        body.put("created", created);
        body.put("model", servedModel(row));
        ObjectNode choice = body.putArray("choices").addObject();
        choice.put("index", 0);
        if (chat) {
            choice.set("message", message(row));
        } else {
            choice.put("text", row.<String>getAs(OutputSchema.COMPLETION));
        }
        choice.put("finish_reason", row.<String>getAs(OutputSchema.FINISH_REASON));
        Integer alternatives = row.getAs(OpenAiCompletionRequest.TOP_LOGPROBS);
        List<Row> tokens = has(row, OutputSchema.LOGPROBS) && alternatives != null
                ? row.getList(row.fieldIndex(OutputSchema.LOGPROBS))
                : null;
        choice.set(
                "logprobs", tokens == null ? null : chat ? content(tokens, alternatives) : lists(tokens, alternatives));
        int prompt = row.getAs(OutputSchema.PROMPT_TOKENS);
        int completion = row.getAs(OutputSchema.COMPLETION_TOKENS);
        body.putObject("usage")
                .put("prompt_tokens", prompt)
                .put("completion_tokens", completion)
                .put("total_tokens", (long) prompt + completion);
        return body;
    }

    private static ObjectNode message(Row row) {
        ObjectNode message = JSON.createObjectNode();
        message.put("role", "assistant");
        message.put("content", row.<String>getAs(OutputSchema.COMPLETION));
        message.putNull("refusal");
        if (has(row, OutputSchema.REASONING)) {
            message.put("reasoning_content", row.<String>getAs(OutputSchema.REASONING));
        }
        return message;
    }

    /** Log-probabilities as answers of chats have them. */
    private static ObjectNode content(List<Row> tokens, int alternatives) {
        ObjectNode logprobs = JSON.createObjectNode();
        ArrayNode content = logprobs.putArray("content");
        for (Row token : tokens) {
            ArrayNode top = put(token, content.addObject()).putArray("top_logprobs");
            top(token, alternatives).forEach(alternative -> put(alternative, top.addObject()));
        }
        logprobs.putNull("refusal");
        return logprobs;
    }

    private static ObjectNode put(Row token, ObjectNode node) {
        String text = token.getAs("token");
        node.put("token", text);
        node.put("logprob", token.<Double>getAs("logprob"));
        ArrayNode bytes = JSON.createArrayNode();
        for (byte unit : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(unit & 0xff);
        }
        // A token that is part of a character has lost its bytes with its text.
        node.set("bytes", text.contains("\ufffd") ? null : bytes);
        return node;
    }

    /** Log-probabilities as answers of plain prompts have them. */
    private static ObjectNode lists(List<Row> tokens, int alternatives) {
        ObjectNode logprobs = JSON.createObjectNode();
        ArrayNode texts = logprobs.putArray("tokens");
        ArrayNode values = logprobs.putArray("token_logprobs");
        ArrayNode tops = logprobs.putArray("top_logprobs");
        ArrayNode offsets = logprobs.putArray("text_offset");
        int offset = 0;
        for (Row token : tokens) {
            String text = token.getAs("token");
            texts.add(text);
            values.add(token.<Double>getAs("logprob"));
            ObjectNode top = tops.addObject();
            top(token, alternatives)
                    .forEach(alternative -> top.put(alternative.getAs("token"), alternative.<Double>getAs("logprob")));
            offsets.add(offset);
            offset += text.codePointCount(0, text.length());
        }
        return logprobs;
    }

    /** The job may have computed more than the row asked for. */
    private static List<Row> top(Row token, int alternatives) {
        List<Row> top = token.getList(token.fieldIndex("top"));
        return top == null ? List.of() : top.subList(0, Math.min(alternatives, top.size()));
    }

    private static boolean has(Row row, String column) {
        return Arrays.asList(row.schema().fieldNames()).contains(column);
    }

    private static String digest(String text) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
