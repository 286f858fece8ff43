package io.promptmill.udf.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small tokenizer.json files for tests. */
final class TokenizerJsonFile {
    static final String BYTE_LEVEL =
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    final ObjectNode root = MAPPER.createObjectNode();

    /** Ids 0 to 255 are the bytes in order, then come the products of {@code merges}. */
    static TokenizerJsonFile bytePair(String... merges) {
        TokenizerJsonFile file = new TokenizerJsonFile();
        ObjectNode model = file.root.putObject("model");
        model.put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int value = 0; value < 256; value++) {
            vocabulary.put(String.valueOf(ByteAlphabet.character(value)), value);
        }
        ArrayNode list = model.putArray("merges");
        for (String merge : merges) {
            vocabulary.put(merge.replace(" ", ""), vocabulary.size());
            list.add(merge);
        }
        file.root.putArray("added_tokens");
        return file.with("pre_tokenizer", BYTE_LEVEL).with("decoder", BYTE_LEVEL);
    }

    /** Sets a part of the file to what {@code json} says. */
    TokenizerJsonFile with(String key, String json) {
        try {
            root.set(key, MAPPER.readTree(json));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a token that keeps its form. */
    TokenizerJsonFile added(int id, String content, boolean special) {
        ObjectNode token = root.withArray("added_tokens").addObject();
        token.put("id", id).put("content", content).put("special", special).put("normalized", false);
        return this;
    }

    /** Writes tokenizer.json into {@code folder} and returns its path. */
    Path writeTo(Path folder) {
        return write(folder.resolve("tokenizer.json"), root.toString());
    }

    static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
