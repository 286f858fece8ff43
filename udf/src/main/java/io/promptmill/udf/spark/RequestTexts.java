package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.prompt.PromptSpec.Overlong;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;

/** Reads the texts that requests ask vectors for. Belongs to one task: not thread-safe. */
final class RequestTexts {
    private static final JsonMapper JSON = new JsonMapper();

    private final PromptEncoder encoder;
    private final Overlong overlong;
    private final int column;
    private final int room;
    private boolean hasCut;

    /** @throws io.promptmill.udf.error.ConfigException where the column is missing */
    RequestTexts(RowInputs inputs, RequestBuilder builder) {
        encoder = builder.encoder();
        overlong = inputs.spec().prompt().overlong();
        column = Columns.require(inputs.schema(), inputs.spec().prompt().value(), "request column");
        room = builder.context();
    }

    /**
     * What a request asks for.
     *
     * @param prompts token ids of each text
     * @param dimensions or null
     */
    record Read(List<int[]> prompts, Integer dimensions) {}

    /** @throws RequestException where the row has no usable texts */
    Read read(Row row) {
        hasCut = false;
        RequestColumn request = RequestColumn.of(row, column);
        if (request.inputs() == null) {
            throw new RequestException("the row has no texts to turn into vectors");
        }
        List<int[]> prompts = new ArrayList<>();
        JsonNode inputs = parsed(request.inputs());
        for (int i = 0; i < inputs.size(); i++) {
            try {
                prompts.add(tokens(inputs.get(i)));
            } catch (RequestException unusable) {
                throw inputs.size() == 1
                        ? unusable
                        : new RequestException(
                                unusable.rowError().category(), "input[" + i + "]: " + unusable.getMessage());
            }
        }
        return new Read(prompts, request.dimensions());
    }

    /** Whether a text of the last row has been cut. */
    boolean hasCut() {
        return hasCut;
    }

    private int[] tokens(JsonNode input) {
        if (input.isArray()) {
            int[] given = new int[input.size()];
            for (int i = 0; i < given.length; i++) {
                given[i] = input.get(i).intValue();
            }
            return given;
        }
        int[] tokens = encoder.encodeText(input.textValue());
        if (overlong.cuts() && tokens.length > room) {
            hasCut = true;
            return new PromptCutter(overlong, texts -> encoder.encodeText(texts.get(0)), room)
                    .cut(List.of(input.textValue()), tokens);
        }
        return tokens;
    }

    private static JsonNode parsed(String inputs) {
        try {
            return JSON.readTree(inputs);
        } catch (JsonProcessingException broken) {
            throw new RequestException("the row's texts are not JSON: " + broken.getOriginalMessage(), broken);
        }
    }
}
