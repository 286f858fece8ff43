package io.promptmill.udf.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.ByteStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file: its length in eight little-endian bytes, then JSON with type, shape and place of
 * every tensor (huggingface/safetensors, {@code README.md}). Tensors must fill the rest of the file, without gap or
 * overlap, as that format demands. Not thread-safe.
 */
final class SafetensorsHeader {
    private static final int LENGTH_BYTES = 8;
    private static final int MAXIMUM_TENSORS = 1 << 18;
    private static final int MAXIMUM_DIMENSIONS = 8;
    private static final String FREE_TEXT = "__metadata__";
    private static final String REMEDY = ". The file is damaged; download it again";

    private final String source;
    private final ByteStorage storage;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private JsonParser parser;

    /** A tensor as described, its bytes counted from the end of the header. */
    private record Entry(SafetensorsType type, List<Long> shape, long begin, long end) {}

    private SafetensorsHeader(String source, ByteStorage storage) {
        this.source = source;
        this.storage = storage;
    }

    /**
     * The tensors of {@code storage} by name, in the order of the header.
     *
     * @param source name of the file for messages
     * @throws ModelFileException where the file is no safetensors file or contradicts itself
     */
    static Map<String, SafetensorsTensor> read(String source, ByteStorage storage) {
        return new SafetensorsHeader(source, storage).read();
    }

    private Map<String, SafetensorsTensor> read() {
        byte[] json = readJson();
        try (JsonParser opened = HubJson.parser(json)) {
            parser = opened;
            readEntries();
            if (parser.nextToken() != null) {
                throw fault("the header goes on after its object");
            }
        } catch (JsonProcessingException malformed) {
            throw new ModelFileException(
                    source + ": the header is not JSON (" + HubJson.describe(malformed) + ")" + REMEDY, malformed);
        } catch (IOException impossible) {
            throw new ModelFileException(source + ": the header cannot be read (" + impossible + ")", impossible);
        }
        long dataStart = LENGTH_BYTES + (long) json.length;
        checkPlaces(storage.size() - dataStart);
        Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();
        entries.forEach((name, entry) -> tensors.put(
                name,
                new SafetensorsTensor(source, name, entry.type(), entry.shape(), storage, dataStart + entry.begin())));
        return Collections.unmodifiableMap(tensors);
    }

    private byte[] readJson() {
        byte[] sample = new byte[(int) Math.min(FileKind.SAMPLE_BYTES, storage.size())];
        storage.read(0, sample, 0, sample.length);
        if (sample.length <= LENGTH_BYTES || sample[LENGTH_BYTES] != '{') {
            throw new ModelFileException(source + ": not a safetensors file: "
                    + FileKind.known(sample).orElse("expected JSON from byte 8 on. Download it again"));
        }
        long length = new HeaderCursor(source, storage).readLong("the length of the header");
        long most = Math.min(HeaderCursor.MAXIMUM_HEADER_BYTES, storage.size() - LENGTH_BYTES);
        if (Long.compareUnsigned(length, most) > 0) {
            throw fault("the header claims " + Long.toUnsignedString(length) + " bytes; expected at most " + most
                    + (most < HeaderCursor.MAXIMUM_HEADER_BYTES ? ", where the file ends" : ""));
        }
        byte[] json = new byte[(int) length];
        storage.read(LENGTH_BYTES, json, 0, json.length);
        return json;
    }

    private void readEntries() throws IOException {
        require(parser.nextToken() == JsonToken.START_OBJECT, "the header is not an object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals(FREE_TEXT)) {
                parser.skipChildren();
                continue;
            }
            String quoted = "tensor " + Quoted.of(name);
            require(!name.isEmpty(), "a tensor has no name");
            require(value == JsonToken.START_OBJECT, quoted + " is not described by an object");
            require(entries.size() < MAXIMUM_TENSORS, "there are more than " + MAXIMUM_TENSORS + " tensors");
            entries.put(name, readEntry(quoted));
        }
    }

    private Entry readEntry(String quoted) throws IOException {
        SafetensorsType type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            parser.nextToken();
            switch (key) {
                case "dtype" -> type = readType(quoted);
                case "shape" -> shape = readNumbers(quoted, "shape", MAXIMUM_DIMENSIONS);
                case "data_offsets" -> offsets = readNumbers(quoted, "data_offsets", 2);
                default ->
                    throw fault(quoted + " has the key " + Quoted.of(key) + "; expected dtype, shape and"
                            + " data_offsets");
            }
        }
        require(type != null, quoted + " has no dtype");
        require(shape != null, quoted + " has no shape");
        require(offsets != null && offsets.size() == 2, quoted + " has no data_offsets of two numbers");
        Entry entry = new Entry(type, shape, offsets.get(0), offsets.get(1));
        checkLength(quoted, entry);
        return entry;
    }

    private SafetensorsType readType(String quoted) throws IOException {
        require(parser.currentToken() == JsonToken.VALUE_STRING, quoted + " has a dtype that is not text");
        String name = parser.getText();
        return SafetensorsType.find(name)
                .orElseThrow(() -> fault(quoted + " is stored as " + Quoted.of(name) + ", which is unknown"));
    }

    private List<Long> readNumbers(String quoted, String key, int most) throws IOException {
        require(parser.currentToken() == JsonToken.START_ARRAY, quoted + " has " + key + " that is not an array");
        List<Long> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(numbers.size() < most, quoted + " has " + key + " of more than " + most + " numbers");
            boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
            require(
                    whole && parser.getLongValue() >= 0,
                    quoted + " has " + key + " that is not of whole numbers from 0" + " to 2^63 - 1");
            numbers.add(parser.getLongValue());
        }
        return numbers;
    }

    /** Shape and type must say as many bytes as the offsets; divided first, because a product may overflow. */
    private void checkLength(String quoted, Entry entry) {
        require(
                entry.begin() <= entry.end(),
                quoted + " ends at byte " + entry.end() + " of the data, before it begins at byte " + entry.begin());
        long bytes = entry.end() - entry.begin();
        long values = 1;
        for (long length : entry.shape()) {
            boolean fits = length == 0 || values <= Long.MAX_VALUE / length / Double.SIZE;
            require(fits, quoted + " of shape " + entry.shape() + " overflows");
            values *= length;
        }
        long bits = values * entry.type().bits();
        require(
                bits % Byte.SIZE == 0 && bits / Byte.SIZE == bytes,
                quoted + " of shape " + entry.shape() + " in " + entry.type() + " takes " + bits
                        + " bits, but its data_offsets span " + bytes + " bytes");
    }

    private void checkPlaces(long dataBytes) {
        List<Map.Entry<String, Entry>> byPlace = new ArrayList<>(entries.entrySet());
        byPlace.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> entry) -> entry.getValue().begin())
                .thenComparingLong(entry -> entry.getValue().end()));
        long end = 0;
        for (Map.Entry<String, Entry> tensor : byPlace) {
            Entry entry = tensor.getValue();
            String quoted = "tensor " + Quoted.of(tensor.getKey());
            require(
                    entry.begin() == end,
                    quoted + " begins at byte " + entry.begin() + " of the data; expected byte " + end
                            + ", where the one before it ends");
            end = entry.end();
            require(
                    end <= dataBytes,
                    quoted + " ends at byte " + end + " of the data, which has " + dataBytes + " bytes");
        }
        require(end == dataBytes, "the tensors end at byte " + end + " of the data, which has " + dataBytes + " bytes");
    }

    private void require(boolean holds, String problem) {
        if (!holds) {
            throw fault(problem);
        }
    }

    private ModelFileException fault(String problem) {
        return new ModelFileException(source + ": " + problem + REMEDY);
    }
}
