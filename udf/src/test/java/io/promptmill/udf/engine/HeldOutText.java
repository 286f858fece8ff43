package io.promptmill.udf.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.ChatTemplate;
import io.promptmill.udf.prompt.MessagesParser;
import io.promptmill.udf.tokenizer.Tokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Text to measure predictions on: a file of plain text, or lines of JSON ({@code .jsonl}), each a whole document with
 * {@code text} or {@code messages}. Documents end with the model's end-of-text token, conversations as the chat template
 * ends them, and all follow one another in one stream of tokens, as in training.
 */
final class HeldOutText {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 1, 0, 0);
    /** In no text, so that nothing is removed. */
    private static final char NO_SHIELD = '\uFFFF';

    private final Tokenizer tokenizer;
    private final OptionalLong endOfText;
    private final ChatTemplate template;

    private HeldOutText(Metadata metadata) {
        tokenizer = TokenizerFactory.create(metadata);
        endOfText = metadata.integer("tokenizer.ggml.eos_token_id");
        template = metadata.text("tokenizer.chat_template")
                .map(source -> new ChatTemplate(
                        metadata.source(),
                        source,
                        tokenizer.beginOfText().isPresent()
                                ? tokenizer.piece(tokenizer.beginOfText().getAsInt())
                                : null,
                        endOfText.isPresent() ? tokenizer.piece((int) endOfText.getAsLong()) : null))
                .orElse(null);
    }

    /**
     * The text in pieces of {@code window} tokens, the last one shorter; each begins with the begin-of-text token where
     * the model asks for one.
     */
    static List<int[]> windows(Path model, Path text, int window) throws IOException {
        try (GgufFile file = GgufFile.open(model)) {
            HeldOutText reader = new HeldOutText(file.metadata());
            return reader.cut(reader.tokens(text), window);
        }
    }

    private int[] tokens(Path text) throws IOException {
        if (!text.toString().endsWith(".jsonl")) {
            return tokenizer.encode(Files.readString(text), false);
        }
        List<int[]> documents = new ArrayList<>();
        for (String line : Files.readAllLines(text)) {
            documents.add(document(new ObjectMapper().readTree(line), text));
        }
        return documents.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private int[] document(JsonNode line, Path path) {
        if (line.has("messages") && template != null) {
            List<ChatMessage> messages =
                    MessagesParser.parse(line.get("messages").toString());
            return tokenizer.encodeTemplate(template.render(messages, false, Map.of(), NOW), false, NO_SHIELD);
        }
        if (!line.has("text")) {
            throw new DataException(path + ": a line has neither text nor, for a model with a chat template, messages");
        }
        int[] tokens = tokenizer.encode(line.get("text").asText(), false);
        if (endOfText.isPresent()) {
            tokens = Arrays.copyOf(tokens, tokens.length + 1);
            tokens[tokens.length - 1] = (int) endOfText.getAsLong();
        }
        return tokens;
    }

    private List<int[]> cut(int[] tokens, int window) {
        boolean begin = tokenizer.addsBeginOfText() && tokenizer.beginOfText().isPresent();
        int step = begin ? window - 1 : window;
        List<int[]> windows = new ArrayList<>();
        for (int from = 0; from < tokens.length; from += step) {
            int[] piece = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + step));
            windows.add(
                    begin
                            ? IntStream.concat(
                                            IntStream.of(tokenizer.beginOfText().getAsInt()), Arrays.stream(piece))
                                    .toArray()
                            : piece);
        }
        return windows;
    }
}
