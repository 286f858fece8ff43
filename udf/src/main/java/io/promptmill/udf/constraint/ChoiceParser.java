package io.promptmill.udf.constraint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON array of texts, one of which the completion must be. */
final class ChoiceParser {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private ChoiceParser() {}

    /**
     * @throws ConfigException where it is no such array, or a text in it is empty, stands there twice, or is no text of
     *     Unicode; names its index, from 0
     */
    static Grammar parse(String source) {
        JsonNode array = read(source);
        if (!array.isArray() || array.isEmpty()) {
            throw new ConfigException("the choices are '" + SourceCursor.shortened(source)
                    + "'; expected a JSON array with at least one text, as [\"yes\", \"no\"]");
        }
        Map<String, Integer> indices = new LinkedHashMap<>();
        for (JsonNode node : array) {
            int index = indices.size();
            Integer earlier = indices.put(text(node, index), index);
            if (earlier != null) {
                throw new ConfigException(
                        "the choice at index " + index + ", '" + SourceCursor.shortened(node.textValue())
                                + "', is the one at index " + earlier + " again; remove one");
            }
        }
        List<Expression> choices = new ArrayList<>();
        indices.keySet().forEach(text -> choices.add(Expression.text(text)));
        return Grammar.of("choice", new Expression.Choice(choices));
    }

    private static JsonNode read(String source) {
        try {
            return JSON.readTree(source);
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    "the choices are no JSON (" + e.getOriginalMessage()
                            + "); expected an array of texts, as [\"yes\", \"no\"]",
                    e);
        }
    }

    private static String text(JsonNode node, int index) {
        String place = "the choice at index " + index;
        if (!node.isTextual()) {
            throw new ConfigException(
                    place + " is " + SourceCursor.shortened(node.toString()) + "; expected a text in double quotes");
        } else if (node.textValue().isEmpty()) {
            throw new ConfigException(place + " is empty; expected at least one character");
        }
        int[] codePoints = node.textValue().codePoints().toArray();
        for (int codePoint : codePoints) {
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                throw new ConfigException(place + " has half of a surrogate pair, which is no character");
            }
        }
        return node.textValue();
    }
}
