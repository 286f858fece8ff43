package io.promptmill.udf.tokenizer;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the files beside a tokenizer.json say of its tokens. All of them may be absent.
 *
 * @param begin the begin-of-text token, -1 without one
 * @param end the end-of-text token, -1 without one
 * @param addsBegin whether texts begin with {@code begin}; empty leaves it to tokenizer.json
 * @param addsEnd whether texts end with {@code end}; empty leaves it to tokenizer.json
 * @param ends all tokens that end a completion
 * @param chatTemplate source of the chat template
 */
record TokenizerSettings(
        int begin,
        int end,
        Optional<Boolean> addsBegin,
        Optional<Boolean> addsEnd,
        Set<Integer> ends,
        Optional<String> chatTemplate) {
    private static final long MAXIMUM_TEMPLATE_BYTES = 1 << 20;
    private static final int MAXIMUM_ENDS = 64;

    /**
     * @param tokens ids by spelling
     * @throws ModelFileException where one of the files is damaged
     */
    static TokenizerSettings read(Path tokenizerJson, Map<String, Integer> tokens) {
        JsonPlace tokenizer = JsonReader.readAll(tokenizerJson.resolveSibling("tokenizer_config.json"));
        JsonPlace map = JsonReader.readAll(tokenizerJson.resolveSibling("special_tokens_map.json"));
        JsonPlace generation = JsonReader.readAll(tokenizerJson.resolveSibling("generation_config.json"));
        JsonPlace model = JsonReader.readAll(tokenizerJson.resolveSibling("config.json"));
        Set<Integer> ends = ids(generation.at("eos_token_id"));
        if (ends.isEmpty()) {
            ends = ids(model.at("eos_token_id"));
        }
        if (ends.isEmpty()) {
            ends = ids(model.at("text_config").at("eos_token_id"));
        }
        int begin = token("bos_token", tokenizer, map, tokens);
        int end = token("eos_token", tokenizer, map, tokens);
        if (begin < 0) {
            begin = known(ids(model.at("bos_token_id")), tokens);
        }
        if (end < 0) {
            end = known(ends, tokens);
        }
        if (end >= 0) {
            ends.add(end);
        }
        return new TokenizerSettings(
                begin,
                end,
                flag(tokenizer.at("add_bos_token")),
                flag(tokenizer.at("add_eos_token")),
                Set.copyOf(ends),
                chatTemplate(tokenizerJson, tokenizer.at("chat_template")));
    }

    private static Optional<Boolean> flag(JsonPlace place) {
        return place.isAbsent() ? Optional.empty() : Optional.of(place.flagOr(false));
    }

    private static Set<Integer> ids(JsonPlace place) {
        Set<Integer> ids = new LinkedHashSet<>();
        if (place.isArray()) {
            if (place.elements().size() > MAXIMUM_ENDS) {
                throw place.problem("has more than " + MAXIMUM_ENDS + " tokens");
            }
            place.elements().forEach(id -> ids.add(id.integer(0, Integer.MAX_VALUE)));
        } else if (!place.isAbsent()) {
            // Some configurations write -1 for "none".
            int id = place.integer(-1, Integer.MAX_VALUE);
            if (id >= 0) {
                ids.add(id);
            }
        }
        return ids;
    }

    private static int known(Set<Integer> ids, Map<String, Integer> tokens) {
        return ids.stream().filter(tokens::containsValue).findFirst().orElse(-1);
    }

    /** The token that the first of two files names, by its spelling or as an object with its content. */
    private static int token(String key, JsonPlace first, JsonPlace second, Map<String, Integer> tokens) {
        for (JsonPlace place : new JsonPlace[] {first.at(key), second.at(key)}) {
            JsonPlace content = place.isObject() ? place.at("content") : place;
            if (content.isText() && !content.text().isEmpty()) {
                return tokens.getOrDefault(content.text(), -1);
            }
        }
        return -1;
    }

    private static Optional<String> chatTemplate(Path tokenizerJson, JsonPlace inConfig) {
        Path file = tokenizerJson.resolveSibling("chat_template.jinja");
        if (Files.isRegularFile(file)) {
            return Optional.of(text(file));
        }
        JsonPlace template = inConfig;
        if (template.isAbsent()) {
            template = JsonReader.readAll(tokenizerJson.resolveSibling("chat_template.json"))
                    .at("chat_template");
        }
        if (!template.isArray()) {
            return Optional.ofNullable(template.textOr(null));
        }
        return template.elements().stream()
                .filter(named -> named.at("name").text().equals("default"))
                .map(named -> named.at("template").text())
                .findFirst();
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > MAXIMUM_TEMPLATE_BYTES) {
                throw new ModelFileException(file + ": has " + Files.size(file) + " bytes; expected at most "
                        + MAXIMUM_TEMPLATE_BYTES + ". Replace it by the model's own");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new ModelFileException(file + ": cannot be read as UTF-8: " + e.getMessage(), e);
        }
    }
}
