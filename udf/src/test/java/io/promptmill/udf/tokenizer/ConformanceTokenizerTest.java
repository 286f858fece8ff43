package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.Metadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Real vocabularies and the token ids that the reference engine gives for awkward texts. The lists by pre-tokenizer are
 * the GPT-2 vocabulary with only the name of the pre-tokenizer exchanged.
 */
class ConformanceTokenizerTest {
    private static final String CASE_SEPARATOR = "\n__ggml_vocab_test__\n";
    private static final String GPT2_VOCABULARY = "ggml-vocab-gpt-2.gguf";
    private static final char UNUSED_SHIELD = '\uE000';
    private static final List<String> SKIPPED = new ArrayList<>();
    private static int compared;

    @AfterAll
    static void report() {
        System.out.println("tokenizer conformance: " + compared + " texts compared, skipped: " + SKIPPED);
    }

    @TestFactory
    Stream<DynamicTest> preTokenizers() throws IOException {
        Path folder = folder();
        JsonNode expected = expected(folder);
        Metadata gpt2 = metadata(folder.resolve(GPT2_VOCABULARY));
        List<String> texts = texts(expected);
        return expected.path("pre_tokenizers").properties().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    Tokenizer tokenizer = tokenizer(with(gpt2, entry.getKey()), entry.getKey());
                    compare(texts, entry.getValue(), text -> tokenizer.encode(text, false));
                }));
    }

    /** These lists were made with control tokens recognised, so they hold for the output of a template. */
    @TestFactory
    Stream<DynamicTest> vocabularies() throws IOException {
        Path folder = folder();
        JsonNode expected = expected(folder);
        List<String> texts = texts(expected);
        return expected.path("vocabularies").properties().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    Tokenizer tokenizer = tokenizer(metadata(folder.resolve(entry.getKey())), entry.getKey());
                    compare(
                            texts,
                            entry.getValue().path("plain"),
                            text -> tokenizer.encodeTemplate(text, false, UNUSED_SHIELD));
                    compare(
                            texts,
                            entry.getValue().path("add_special"),
                            text -> tokenizer.encodeTemplate(text, true, UNUSED_SHIELD));
                }));
    }

    @TestFactory
    Stream<DynamicTest> inputsAndOutputs() throws IOException {
        Path folder = folder();
        List<Path> inputs;
        try (Stream<Path> files = Files.list(folder)) {
            inputs = files.filter(file -> file.toString().endsWith(".gguf.inp"))
                    .sorted()
                    .toList();
        }
        return inputs.stream()
                .map(input -> DynamicTest.dynamicTest(input.getFileName().toString(), () -> {
                    String base = input.toString().substring(0, input.toString().length() - ".inp".length());
                    Tokenizer tokenizer = tokenizer(metadata(Path.of(base)), base);
                    String[] texts = Files.readString(input).split(CASE_SEPARATOR);
                    String[] lines = Files.readString(Path.of(base + ".out")).split("\n");
                    assertEquals(texts.length, lines.length, "cases and lines of ids");
                    for (int index = 0; index < texts.length; index++) {
                        int[] ids = Stream.of(lines[index].trim().split(" +"))
                                .filter(id -> !id.isEmpty())
                                .mapToInt(Integer::parseInt)
                                .toArray();
                        assertArrayEquals(
                                ids, tokenizer.encode(texts[index], false), "case " + index + ": " + texts[index]);
                        compared++;
                    }
                }));
    }

    /** Falcon and StarCoder have no token for some bytes, which are left out; so are characters with those bytes here. */
    @TestFactory
    Stream<DynamicTest> anyTextComesBack() throws IOException {
        List<Path> vocabularies;
        try (Stream<Path> files = Files.list(folder())) {
            vocabularies = files.filter(file -> file.toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        }
        return vocabularies.stream()
                .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> {
                    Metadata metadata = metadata(path);
                    Tokenizer tokenizer = tokenizer(metadata, path.toString());
                    Set<String> tokens = new HashSet<>(
                            List.of(metadata.texts(TokenizerKeys.TOKENS).orElseThrow()));
                    boolean allBytes = metadata.requireText(TokenizerKeys.MODEL).equals("llama");
                    Random random = new Random(17);
                    for (int round = 0; round < 1_000; round++) {
                        StringBuilder text = new StringBuilder();
                        (RandomText.of(random, 1 + random.nextInt(40))
                                        + RandomText.anyCodePoints(random, random.nextInt(40)))
                                .codePoints()
                                .filter(codePoint -> allBytes || isWritable(codePoint, tokens))
                                .forEach(text::appendCodePoint);
                        // SentencePiece has one character for a space and for its own mark.
                        String expected = text.toString().replace('\u2581', ' ');
                        String decoded = TestVocabulary.decode(tokenizer, tokenizer.encode(text.toString(), false));
                        assertEquals(expected, decoded.replace('\u2581', ' '));
                        compared++;
                    }
                }));
    }

    private static boolean isWritable(int codePoint, Set<String> tokens) {
        String spelling = ByteAlphabet.spell(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
        return spelling.chars().allMatch(unit -> tokens.contains(String.valueOf((char) unit)));
    }

    private static void compare(List<String> texts, JsonNode expected, Function<String, int[]> encode) {
        assertEquals(texts.size(), expected.size(), "texts and lists of ids");
        for (int index = 0; index < texts.size(); index++) {
            JsonNode ids = expected.get(index);
            int[] wanted = new int[ids.size()];
            for (int position = 0; position < wanted.length; position++) {
                wanted[position] = ids.get(position).intValue();
            }
            assertArrayEquals(wanted, encode.apply(texts.get(index)), "text " + index + ": " + texts.get(index));
            compared++;
        }
    }

    private static Tokenizer tokenizer(Metadata metadata, String name) {
        try {
            return TokenizerFactory.create(metadata);
        } catch (ModelFileException refused) {
            SKIPPED.add(name);
            Assumptions.abort("not supported: " + refused.getMessage());
            throw refused;
        }
    }

    private static Metadata with(Metadata metadata, String preTokenizer) {
        Map<String, Object> values = new HashMap<>();
        for (String key : List.of(TokenizerKeys.MODEL, TokenizerKeys.MODEL_NAME)) {
            metadata.text(key).ifPresent(value -> values.put(key, value));
        }
        for (String key : List.of(TokenizerKeys.TOKENS, TokenizerKeys.MERGES)) {
            metadata.texts(key).ifPresent(value -> values.put(key, value));
        }
        for (String key : List.of(TokenizerKeys.ADD_BEGIN, TokenizerKeys.ADD_END, TokenizerKeys.ADD_SPACE_PREFIX)) {
            metadata.flag(key).ifPresent(value -> values.put(key, value));
        }
        for (String role : List.of("bos", "eos", "unknown", "eot", "eom", "fim_pad", "fim_rep", "fim_sep")) {
            String key = TokenizerKeys.tokenId(role);
            metadata.integer(key).ifPresent(value -> values.put(key, value));
        }
        metadata.integers(TokenizerKeys.TYPES).ifPresent(value -> values.put(TokenizerKeys.TYPES, value));
        metadata.numbers(TokenizerKeys.SCORES).ifPresent(value -> values.put(TokenizerKeys.SCORES, value));
        values.put(TokenizerKeys.PRE_TOKENIZER, preTokenizer);
        return new Metadata(metadata.source(), values);
    }

    private static List<String> texts(JsonNode expected) {
        List<String> texts = new ArrayList<>();
        expected.path("strings").forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    private static JsonNode expected(Path folder) throws IOException {
        Path file = folder.resolve("tokens.json");
        Assumptions.assumeTrue(Files.exists(file), () -> file + " is absent");
        return new ObjectMapper().readTree(file.toFile());
    }

    private static Path folder() {
        Path folder = ConformanceData.folder("tokenizers").orElse(null);
        if (folder == null) {
            SKIPPED.add("everything, for want of a folder 'tokenizers'");
        }
        Assumptions.assumeTrue(folder != null, "no folder 'tokenizers' with conformance data");
        return folder;
    }

    private static Metadata metadata(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return file.metadata();
        }
    }
}
