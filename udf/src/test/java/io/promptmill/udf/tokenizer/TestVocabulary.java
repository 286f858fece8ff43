package io.promptmill.udf.tokenizer;

import io.promptmill.udf.weights.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Small vocabularies for tests, and the changes that make them wrong. */
final class TestVocabulary {
    /** A value that takes a key away. */
    static final Object ABSENT = new Object();

    private final Map<String, Object> values = new HashMap<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<Long> types = new ArrayList<>();
    private final List<Double> scores = new ArrayList<>();

    /** Ids 0 to 255 are the bytes in order, then come the products of {@code merges}. */
    static TestVocabulary bytePair(String preTokenizer, String... merges) {
        TestVocabulary vocabulary = new TestVocabulary();
        for (int value = 0; value < 256; value++) {
            vocabulary.add(String.valueOf(ByteAlphabet.character(value)), 1, 0);
        }
        for (String merge : merges) {
            vocabulary.add(merge.replace(" ", ""), 1, 0);
        }
        vocabulary.values.put(TokenizerKeys.MODEL, "gpt2");
        vocabulary.values.put(TokenizerKeys.PRE_TOKENIZER, preTokenizer);
        vocabulary.values.put(TokenizerKeys.MERGES, merges);
        return vocabulary;
    }

    /** Ids 0 to 2 are unknown, begin and end of text, 3 to 258 the bytes. */
    static TestVocabulary sentencePiece() {
        TestVocabulary vocabulary = new TestVocabulary();
        vocabulary.add("<unk>", 2, 0).add("<s>", 3, 0).add("</s>", 3, 0);
        for (int value = 0; value < 256; value++) {
            vocabulary.add(String.format("<0x%02X>", value), 6, 0);
        }
        vocabulary.values.put(TokenizerKeys.MODEL, "llama");
        return vocabulary;
    }

    TestVocabulary add(String token, long type, double score) {
        tokens.add(token);
        types.add(type);
        scores.add(score);
        return this;
    }

    TestVocabulary with(String key, Object value) {
        values.put(key, value);
        return this;
    }

    int id(String token) {
        return tokens.indexOf(token);
    }

    double score(int id) {
        return scores.get(id);
    }

    Metadata metadata() {
        Map<String, Object> all = new HashMap<>();
        all.put(TokenizerKeys.TOKENS, tokens.toArray(String[]::new));
        all.put(TokenizerKeys.TYPES, types.stream().mapToLong(Long::longValue).toArray());
        all.put(
                TokenizerKeys.SCORES,
                scores.stream().mapToDouble(Double::doubleValue).toArray());
        all.putAll(values);
        all.values().removeIf(value -> value == ABSENT);
        return new Metadata("test.gguf", all);
    }

    Tokenizer tokenizer() {
        return TokenizerFactory.create(metadata());
    }

    /** The text of {@code ids} as one decoder gives it. */
    static String decode(Tokenizer tokenizer, int... ids) {
        StreamingDecoder decoder = tokenizer.decoder(-1);
        StringBuilder text = new StringBuilder();
        Arrays.stream(ids).forEach(id -> text.append(decoder.accept(id)));
        return text.append(decoder.finish()).toString();
    }
}
