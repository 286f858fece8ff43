package io.promptmill.udf.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tokenizer.json as it was read: the vocabulary and the merges of its model as lists, the rest as a tree. The form is
 * that of Hugging Face's tokenizers library (https://github.com/huggingface/tokenizers).
 */
final class TokenizerFile {
    static final String VOCABULARY = "/model/vocab";
    static final String MERGES = "/model/merges";

    private static final int MAXIMUM_ENTRIES = 1 << 21;
    /** Far above any real token (the longest known are runs of 1,024 spaces). */
    private static final int MAXIMUM_LENGTH = 4096;

    private final ObjectNode rest = JsonNodeFactory.instance.objectNode();
    private final List<String> pieces = new ArrayList<>();
    private final IntList ids = new IntList(1 << 15);
    private double[] scores;
    private final List<String> leftParts = new ArrayList<>();
    private final List<String> rightParts = new ArrayList<>();
    private final Path file;

    private TokenizerFile(Path file) {
        this.file = file;
    }

    /**
     * @throws io.promptmill.udf.error.ModelFileException where it cannot be read or is not of this form
     */
    static TokenizerFile read(Path path) {
        TokenizerFile file = new TokenizerFile(path);
        JsonReader.read(path, reader -> {
            reader.parser().nextToken();
            reader.fields("", parser -> file.readField(reader, parser));
        });
        return file;
    }

    private void readField(JsonReader reader, JsonParser parser) throws IOException {
        String name = parser.currentName();
        if (!name.equals("model")) {
            rest.set(name, reader.tree());
            return;
        }
        ObjectNode model = rest.putObject(name);
        reader.fields("/model", field -> {
            String key = field.currentName();
            if (key.equals("vocab") && field.currentToken() == JsonToken.START_ARRAY) {
                scores = new double[1 << 15];
                reader.elements(VOCABULARY, element -> readScored(reader, element));
            } else if (key.equals("vocab")) {
                reader.fields(VOCABULARY, entry -> readNumbered(reader, entry));
            } else if (key.equals("merges")) {
                reader.elements(MERGES, element -> readMerge(reader, element));
            } else {
                model.set(key, reader.tree());
            }
        });
    }

    private void readNumbered(JsonReader reader, JsonParser parser) throws IOException {
        String piece = parser.currentName();
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                || parser.getNumberType() != JsonParser.NumberType.INT
                || parser.getIntValue() < 0) {
            throw reader.problem(
                    VOCABULARY, "has no token id for '" + Vocabulary.shortened(piece) + "'; expected a whole number");
        }
        add(reader, piece, parser.getIntValue());
    }

    private void readScored(JsonReader reader, JsonParser parser) throws IOException {
        int id = pieces.size();
        reader.expect(JsonToken.START_ARRAY, VOCABULARY + "/" + id, "an array of a token and its score");
        boolean isText = parser.nextToken() == JsonToken.VALUE_STRING;
        String piece = isText ? parser.getText() : "";
        JsonToken score = parser.nextToken();
        boolean isNumber = score == JsonToken.VALUE_NUMBER_FLOAT || score == JsonToken.VALUE_NUMBER_INT;
        if (!isText || !isNumber || !Double.isFinite(parser.getDoubleValue())) {
            throw reader.problem(VOCABULARY + "/" + id, "is no pair of a token and a finite score");
        }
        if (id == scores.length) {
            scores = Arrays.copyOf(scores, 2 * id);
        }
        scores[id] = parser.getDoubleValue();
        parser.nextToken();
        reader.expect(JsonToken.END_ARRAY, VOCABULARY + "/" + id, "a pair of a token and its score");
        add(reader, piece, id);
    }

    private void add(JsonReader reader, String piece, int id) {
        if (piece.length() > MAXIMUM_LENGTH) {
            throw reader.problem(
                    VOCABULARY,
                    "has a token of " + piece.length() + " characters with id " + id + "; expected at most "
                            + MAXIMUM_LENGTH);
        }
        checkCount(reader, VOCABULARY, pieces.size());
        pieces.add(piece);
        ids.add(id);
    }

    private void readMerge(JsonReader reader, JsonParser parser) throws IOException {
        String place = MERGES + "/" + leftParts.size();
        String left;
        String right;
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            String merge = parser.getText();
            if (merge.startsWith("#version")) {
                return;
            }
            int space = merge.indexOf(' ');
            if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                throw reader.problem(
                        place,
                        "is '" + Vocabulary.shortened(merge) + "'; expected two texts with one space between them");
            }
            left = merge.substring(0, space);
            right = merge.substring(space + 1);
        } else {
            reader.expect(JsonToken.START_ARRAY, place, "text or a pair of texts");
            parser.nextToken();
            reader.expect(JsonToken.VALUE_STRING, place, "a pair of texts");
            left = parser.getText();
            parser.nextToken();
            reader.expect(JsonToken.VALUE_STRING, place, "a pair of texts");
            right = parser.getText();
            parser.nextToken();
            reader.expect(JsonToken.END_ARRAY, place, "a pair of texts");
        }
        checkCount(reader, MERGES, leftParts.size());
        leftParts.add(left);
        rightParts.add(right);
    }

    private static void checkCount(JsonReader reader, String pointer, int count) {
        if (count >= MAXIMUM_ENTRIES) {
            throw reader.problem(pointer, "has more than " + MAXIMUM_ENTRIES + " entries");
        }
    }

    /** Everything but the vocabulary and the merges. */
    JsonPlace root() {
        return JsonPlace.root(file, rest);
    }

    JsonPlace model() {
        return root().at("model");
    }

    /** Number of entries of the model's vocabulary. */
    int size() {
        return pieces.size();
    }

    String piece(int entry) {
        return pieces.get(entry);
    }

    int id(int entry) {
        return ids.get(entry);
    }

    boolean hasScores() {
        return scores != null;
    }

    /** The score of an entry of a vocabulary that {@linkplain #hasScores has scores}. */
    double score(int entry) {
        return scores[entry];
    }

    int merges() {
        return leftParts.size();
    }

    String left(int merge) {
        return leftParts.get(merge);
    }

    String right(int merge) {
        return rightParts.get(merge);
    }
}
