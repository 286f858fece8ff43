package io.promptmill.udf.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads JSON files that come from strangers: how large, how deep and how many values is limited. */
final class JsonReader implements AutoCloseable {
    /** The largest known tokenizer.json has 35 MB. */
    private static final long MAXIMUM_BYTES = 128L << 20;

    private static final int MAXIMUM_DEPTH = 64;
    /** Values outside of the lists that are read one by one; added tokens take seven each. */
    private static final int MAXIMUM_VALUES = 1 << 20;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    /** Names are not kept in tables: a vocabulary has hundreds of thousands of them, each used once. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAXIMUM_DEPTH)
                    .build())
            .build();

    /** What to do with a value; the parser stands at its first token. */
    @FunctionalInterface
    interface ValueReader {
        void read(JsonParser parser) throws IOException;
    }

    private final Path file;
    private final JsonParser parser;
    private int values;

    private JsonReader(Path file) throws IOException {
        this.file = file;
        parser = FACTORY.createParser(file.toFile());
    }

    /** The whole of a small file; an absent place where there is no such file. */
    static JsonPlace readAll(Path file) {
        if (!Files.isRegularFile(file)) {
            return JsonPlace.absent(file);
        }
        JsonNode[] root = new JsonNode[1];
        read(file, reader -> {
            reader.parser.nextToken();
            root[0] = reader.tree();
            if (reader.parser.nextToken() != null) {
                throw new ModelFileException(file + ": text follows the JSON value. The file is damaged");
            }
        });
        return JsonPlace.root(file, root[0]);
    }

    /** Work on an open file. */
    @FunctionalInterface
    interface Work {
        void on(JsonReader reader) throws IOException;
    }

    /**
     * @throws ModelFileException where the file cannot be read, is too large or is no JSON
     */
    static void read(Path file, Work work) {
        try {
            if (Files.size(file) > MAXIMUM_BYTES) {
                throw new ModelFileException(file + ": has " + Files.size(file) + " bytes; expected at most "
                        + MAXIMUM_BYTES + ". No known model needs so many; use another one");
            }
            try (JsonReader reader = new JsonReader(file)) {
                work.on(reader);
            }
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new ModelFileException(
                    file + ": is not JSON" + place + ": " + e.getOriginalMessage() + ". Download the file again", e);
        } catch (IOException e) {
            throw new ModelFileException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    JsonParser parser() {
        return parser;
    }

    /** Calls {@code field} at the value of every field of the object at which the parser stands. */
    void fields(String pointer, ValueReader field) throws IOException {
        expect(JsonToken.START_OBJECT, pointer, "an object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            parser.nextToken();
            field.read(parser);
        }
    }

    /** Calls {@code element} at every element of the array at which the parser stands. */
    void elements(String pointer, ValueReader element) throws IOException {
        expect(JsonToken.START_ARRAY, pointer, "an array");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            element.read(parser);
        }
    }

    void expect(JsonToken token, String pointer, String expected) {
        if (parser.currentToken() != token) {
            throw problem(pointer, "is of another kind; expected " + expected);
        }
    }

    ModelFileException problem(String pointer, String what) {
        return JsonPlace.absent(file, pointer).problem(what);
    }

    /** The value at which the parser stands, with all that is inside. */
    JsonNode tree() throws IOException {
        if (++values > MAXIMUM_VALUES) {
            throw new ModelFileException(
                    file + ": has more than " + MAXIMUM_VALUES + " values beside its vocabulary. Use another model");
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            ObjectNode object = NODES.objectNode();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                object.set(name, tree());
            }
            return object;
        }
        if (token == JsonToken.START_ARRAY) {
            ArrayNode array = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                array.add(tree());
            }
            return array;
        }
        if (token == null) {
            throw new ModelFileException(file + ": is empty; expected JSON. Download the file again");
        }
        return switch (token) {
            case VALUE_STRING -> NODES.textNode(parser.getText());
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? NODES.numberNode(parser.getBigIntegerValue())
                        : NODES.numberNode(parser.getLongValue());
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            default -> NODES.nullNode();
        };
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }
}
