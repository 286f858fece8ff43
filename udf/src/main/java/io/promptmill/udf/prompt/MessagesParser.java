package io.promptmill.udf.prompt;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.promptmill.udf.error.RequestException;
import java.util.ArrayList;
import java.util.List;

/**
 * Conversations written as JSON: {@code [{"role": "user", "content": "..."}, ...]}. Content is text or a list of
 * {@code {"type": "text", "text": "..."}} parts, which are joined. Other keys are passed over, except those whose loss
 * would change the conversation. Stateless and thread-safe.
 */
public final class MessagesParser {
    private static final String EXPECTED = "expected an array such as [{\"role\": \"user\", \"content\": \"Hello\"}]";
    private static final List<String> REFUSED_KEYS = List.of("tool_calls", "function_call", "images", "audio");
    private static final ObjectReader READER = new ObjectMapper()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private MessagesParser() {}

    /**
     * @throws RequestException for what is no array of messages, naming the message and what is wrong with it
     */
    public static List<ChatMessage> parse(String json) {
        if (json == null || json.isBlank()) {
            throw new RequestException("the messages are empty; " + EXPECTED);
        }
        JsonNode root;
        try {
            root = READER.readTree(json);
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new RequestException(
                    "the messages are not JSON" + place + ": " + e.getOriginalMessage() + "; " + EXPECTED, e);
        }
        if (!root.isArray()) {
            throw new RequestException("the messages are " + kind(root) + "; " + EXPECTED);
        }
        if (root.isEmpty()) {
            throw new RequestException("the messages are an empty array; " + EXPECTED);
        }
        List<ChatMessage> messages = new ArrayList<>(root.size());
        for (JsonNode message : root) {
            messages.add(message(message, "message " + (messages.size() + 1) + " of " + root.size()));
        }
        return List.copyOf(messages);
    }

    private static ChatMessage message(JsonNode node, String place) {
        if (!node.isObject()) {
            throw new RequestException(place + " is " + kind(node) + "; expected an object with role and content");
        }
        for (String key : REFUSED_KEYS) {
            if (node.hasNonNull(key) && !node.get(key).isEmpty()) {
                throw new RequestException(
                        place + " has '" + key + "', which is not supported; expected role and content");
            }
        }
        JsonNode role = node.path("role");
        if (!role.isTextual() || role.asText().isBlank()) {
            throw new RequestException(place + ": 'role' is " + kind(role) + "; expected system, user or assistant");
        }
        return new ChatMessage(role.asText(), content(node.path("content"), place));
    }

    private static String content(JsonNode content, String place) {
        if (content.isTextual()) {
            return content.asText();
        }
        if (!content.isArray()) {
            throw new RequestException(place + ": 'content' is " + kind(content) + "; expected text");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            JsonNode value = part.isTextual() ? part : part.path("text");
            boolean isText =
                    part.isTextual() || part.path("type").asText("text").equals("text");
            if (!isText || !value.isTextual()) {
                throw new RequestException(place + ": a part of 'content' is "
                        + (part.isObject() ? "of type '" + part.path("type").asText() + "'" : kind(part))
                        + "; expected {\"type\": \"text\", \"text\": ...}");
            }
            text.append(value.asText());
        }
        return text.toString();
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> "missing";
            case NULL -> "null";
            case STRING -> node.asText().isBlank() ? "empty text" : "text";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            default -> "of another kind";
        };
    }
}
