package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.error.RequestException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The body of a request: its fields with their types checked, and a refusal of those that would change the answer and cannot. A
 * null counts as absent. Methods throw {@link RequestException} that names the field.
 */
record OpenAiBody(ObjectNode content) {
    /** Have no bearing on the text of an answer. */
    private static final Set<String> IGNORED = Set.of(
            "model",
            "user",
            "metadata",
            "store",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "parallel_tool_calls",
            "stream_options");

    /** A field that may be there with values that ask for nothing. */
    private record Neutral(String expected, Predicate<JsonNode> holds) {}

    private static final Neutral ONE = new Neutral("1; for more, repeat the line with other ids", OpenAiBody::isOne);
    private static final Neutral FALSE = new Neutral("false", value -> value.isBoolean() && !value.booleanValue());
    private static final Neutral EMPTY = new Neutral("an empty list", value -> value.isArray() && value.isEmpty());
    private static final Neutral NO_TOOL = new Neutral("\"none\"", OpenAiBody::isNoTool);
    private static final Map<String, Neutral> NEUTRAL = Map.of(
            "n", ONE,
            "best_of", ONE,
            "stream", FALSE,
            "echo", FALSE,
            "use_beam_search", FALSE,
            "tools", EMPTY,
            "functions", EMPTY,
            "tool_choice", NO_TOOL,
            "function_call", NO_TOOL,
            "modalities", new Neutral("[\"text\"]", value -> value.toString().equals("[\"text\"]")));

    /** Fields of requests, besides those that are ignored. */
    static final Set<String> CHAT_FIELDS =
            sampled("messages", "max_completion_tokens", "logprobs", "top_logprobs", "response_format");

    static final Set<String> TEXT_FIELDS = sampled("prompt", "logprobs", "response_format");
    static final Set<String> EMBEDDING_FIELDS = Set.of("input", "dimensions", "encoding_format");

    /** Texts of one request at most, as OpenAI has it. */
    private static final int MOST_INPUTS = 2048;

    private static Set<String> sampled(String... fields) {
        Set<String> all = new TreeSet<>(OpenAiCompletionRequest.SAMPLING.keySet());
        all.addAll(List.of(fields));
        return Set.copyOf(all);
    }

    private static boolean isOne(JsonNode value) {
        return value.isNumber() && value.doubleValue() == 1;
    }

    private static boolean isNoTool(JsonNode value) {
        return "none".equals(value.textValue()) || "auto".equals(value.textValue());
    }

    /**
     * Refuses fields that are unknown, or ask for what is not supported.
     *
     * @param served those of the request's kind
     */
    void requireSupported(Set<String> served) {
        for (Iterator<String> names = content.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (served.contains(name) || IGNORED.contains(name) || !has(name)) {
                continue;
            }
            Neutral neutral = NEUTRAL.get(name);
            if (neutral == null) {
                throw new RequestException("body." + name + " is not supported; "
                        + NearestName.hint(name, new TreeSet<>(served))
                        + "remove it, because the answer would not be what it asks for");
            }
            if (!neutral.holds.test(content.get(name))) {
                throw wrong(name, neutral.expected + ". Nothing else is supported");
            }
        }
    }

    boolean has(String name) {
        return content.hasNonNull(name);
    }

    /** The field as a value of a column of that type, or null. */
    Object value(String name, DataType type) {
        if (type instanceof ArrayType) {
            return texts(name);
        }
        if (type instanceof DoubleType) {
            return number(name);
        }
        if (type instanceof IntegerType) {
            return count(name);
        }
        if (type instanceof LongType) {
            return whole(name);
        }
        if (type instanceof BooleanType) {
            return flag(name);
        }
        return has(name) ? content.get(name).toString() : null;
    }

    Boolean flag(String name) {
        if (!has(name)) {
            return null;
        }
        if (!content.get(name).isBoolean()) {
            throw wrong(name, "true or false");
        }
        return content.get(name).booleanValue();
    }

    /** A whole number of 32 bits. */
    Integer count(String name) {
        Long whole = whole(name);
        if (whole != null && whole != whole.intValue()) {
            throw wrong(name, "a whole number of at most " + Integer.MAX_VALUE);
        }
        return whole == null ? null : Integer.valueOf(whole.intValue());
    }

    private Long whole(String name) {
        if (!has(name)) {
            return null;
        }
        JsonNode value = content.get(name);
        boolean fits = value.isIntegralNumber()
                ? value.canConvertToLong()
                : value.isNumber()
                        && Math.abs(value.doubleValue()) < 1L << 53
                        && value.doubleValue() == Math.rint(value.doubleValue());
        if (!fits) {
            throw wrong(name, "a whole number of 64 bits");
        }
        return value.longValue();
    }

    private Double number(String name) {
        if (!has(name)) {
            return null;
        }
        if (!content.get(name).isNumber()) {
            throw wrong(name, "a number");
        }
        return content.get(name).doubleValue();
    }

    /** One text or a list of them, as Spark takes it for an array column. */
    private Object texts(String name) {
        if (!has(name)) {
            return null;
        }
        JsonNode value = content.get(name);
        List<String> texts = new ArrayList<>();
        for (JsonNode element :
                value.isArray() ? value : JsonNodeFactory.instance.arrayNode().add(value)) {
            if (!element.isTextual()) {
                throw wrong(name, "a text or a list of texts");
            }
            texts.add(element.textValue());
        }
        return CollectionConverters.asScala(texts).toSeq();
    }

    /** The conversation as JSON text. OpenAI's newer name for the system's role is not one that chat templates know. */
    String messages() {
        if (!has("messages")) {
            throw wrong("messages", "an array such as [{\"role\": \"user\", \"content\": \"Hello\"}]");
        }
        JsonNode messages = content.get("messages").deepCopy();
        for (JsonNode message : messages) {
            if (message instanceof ObjectNode turn
                    && "developer".equals(turn.path("role").textValue())) {
                turn.put("role", "system");
            }
        }
        return messages.toString();
    }

    /** The one text that is to be completed. */
    String prompt() {
        JsonNode prompt = content.path("prompt");
        JsonNode text = prompt.isArray() && prompt.size() == 1 ? prompt.get(0) : prompt;
        if (!text.isTextual() || text.textValue().isEmpty()) {
            throw wrong("prompt", "one text that is not empty; give every prompt a line of its own");
        }
        return text.textValue();
    }

    /** The texts that are to become vectors: JSON text of an array whose elements are texts or arrays of token ids. */
    String inputs() {
        JsonNode input = content.path("input");
        boolean several = input.isArray() && !input.isEmpty() && !input.get(0).isNumber();
        JsonNode all = several ? input : JsonNodeFactory.instance.arrayNode().add(input);
        if (all.size() > MOST_INPUTS) {
            throw new RequestException("body.input has " + all.size() + " texts; expected at most " + MOST_INPUTS);
        }
        for (JsonNode element : all) {
            if (!isText(element) && !areTokens(element)) {
                throw wrong(
                        "input",
                        "a text that is not empty, token ids, or a list of such; at fault is " + shown(element));
            }
        }
        return all.toString();
    }

    private static boolean isText(JsonNode value) {
        return value.isTextual() && !value.textValue().isEmpty();
    }

    private static boolean areTokens(JsonNode value) {
        boolean all = value.isArray() && !value.isEmpty();
        for (JsonNode element : value) {
            all &= element.isIntegralNumber() && element.canConvertToInt();
        }
        return all;
    }

    /** One of some texts, or null. */
    String oneOf(String name, List<String> values) {
        if (!has(name)) {
            return null;
        }
        JsonNode value = content.get(name);
        if (!value.isTextual() || !values.contains(value.textValue())) {
            throw wrong(name, "one of " + String.join(", ", values));
        }
        return value.textValue();
    }

    /** The schema that the answer has to meet, or null. */
    String jsonSchema() {
        if (!has("response_format")) {
            return null;
        }
        JsonNode format = content.get("response_format");
        switch (format.path("type").asText()) {
            case "text":
                return null;
            case "json_object":
                return "{\"type\":\"object\"}";
            case "json_schema":
                JsonNode schema = format.path("json_schema").path("schema");
                if (schema.isObject()) {
                    return schema.toString();
                }
                throw new RequestException(
                        "body.response_format.json_schema.schema is " + shown(schema) + "; expected a JSON schema");
            default:
                throw wrong("response_format", "an object whose type is text, json_object or json_schema");
        }
    }

    private RequestException wrong(String name, String expected) {
        return new RequestException("body." + name + " is " + shown(content.path(name)) + "; expected " + expected);
    }

    /** A value for messages, cut where it is long. */
    static String shown(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return "missing";
        }
        String text = value.toString();
        return text.length() <= 60 ? text : text.substring(0, text.offsetByCodePoints(0, 28)) + "...";
    }
}
