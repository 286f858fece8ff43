package io.promptmill.udf.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small JSON files of a model folder; files of strangers, so size, nesting and repeated keys are limited. */
final class HubJson {
    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    private HubJson() {}

    /** A parser of UTF-8 bytes that keeps no names of a stranger after it is closed. */
    static JsonParser parser(byte[] json) throws IOException {
        return MAPPER.getFactory().createParser(json);
    }

    /**
     * The object in {@code path}.
     *
     * @throws ModelFileException where the file is missing, has more than {@code mostBytes}, or is no JSON object
     */
    static ObjectNode read(Path path, int mostBytes) {
        if (!Files.isRegularFile(path)) {
            throw new ModelFileException(path + ": no such file. A model folder needs it; download it too");
        }
        try {
            long size = Files.size(path);
            if (size > mostBytes) {
                throw new ModelFileException(path + ": has " + size + " bytes; expected " + mostBytes
                        + " at most. The file is damaged; download it again");
            }
            JsonNode root = MAPPER.reader()
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(Files.readAllBytes(path));
            if (root instanceof ObjectNode object) {
                return object;
            }
            throw new ModelFileException(path + ": is not a JSON object. The file is damaged; download it again");
        } catch (JsonProcessingException malformed) {
            throw new ModelFileException(
                    path + ": is not JSON (" + describe(malformed) + "). The file is damaged; download it again",
                    malformed);
        } catch (IOException failure) {
            throw new ModelFileException(
                    path + ": cannot be read (" + failure + "). Check the permissions of the file", failure);
        }
    }

    /** What is wrong and where, on one line. */
    static String describe(JsonProcessingException malformed) {
        String problem = malformed.getOriginalMessage().lines().findFirst().orElse("malformed");
        String safe = Quoted.of(problem);
        return safe.substring(1, safe.length() - 1)
                + (malformed.getLocation() == null
                        ? ""
                        : ", byte " + malformed.getLocation().getByteOffset());
    }

    static JsonNode node(Object value) {
        return MAPPER.valueToTree(value);
    }
}
