package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.weights.GgufFile;
import io.promptmill.udf.weights.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real vocabularies of model files, written as tokenizer.json with the patterns that their families were published with,
 * against the ids of the reference engine and against our own scanners for the same patterns.
 */
class ConformanceTokenizerJsonTest {
    private static final char UNUSED_SHIELD = '\uFDD0';
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String BYTES =
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}";
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String UPPER = "\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}";
    private static final String LOWER = "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}";

    @TempDir
    private Path temporary;

    /** Patterns by the name of the pre-tokenizer. */
    private static Map<String, List<String>> patterns() {
        Map<String, List<String>> patterns = new LinkedHashMap<>();
        String gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
        patterns.put("gpt-2", List.of(gpt2));
        patterns.put("starcoder", List.of("\\p{N}", gpt2));
        patterns.put("falcon", List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", gpt2, "[0-9][0-9][0-9]"));
        patterns.put("llama-bpe", List.of(words("\\p{L}", "\\p{N}{1,3}")));
        patterns.put("qwen2", List.of(words("\\p{L}", "\\p{N}")));
        patterns.put("qwen35", List.of(words("\\p{L}\\p{M}", "\\p{N}")));
        String upper = "[^\\r\\n\\p{L}\\p{N}]?[" + UPPER + "]*[" + LOWER + "]+";
        String lower = "[^\\r\\n\\p{L}\\p{N}]?[" + UPPER + "]+[" + LOWER + "]*";
        String marks = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|";
        patterns.put(
                "gpt-4o",
                List.of(upper + CONTRACTIONS + "?|" + lower + CONTRACTIONS + "?|\\p{N}{1,3}|" + marks + SPACES));
        patterns.put("tekken", List.of(upper + "|" + lower + "|\\p{N}|" + marks + SPACES));
        patterns.put("bloom", List.of(" ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+"));
        patterns.put("superbpe", List.of("\\p{N}+", "(?=([0-9]{3})+(?![0-9]))"));
        patterns.put(
                "deepseek-v3",
                List.of(
                        "\\p{N}{1,3}",
                        "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
                        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                                + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" + SPACES));
        return patterns;
    }

    private static String words(String letters, String numbers) {
        return CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[" + letters + "]+|" + numbers + "| ?[^\\s" + letters
                + "\\p{N}]+[\\r\\n]*|" + SPACES;
    }

    private static ObjectNode splits(List<String> patterns, boolean bytes) throws IOException {
        ObjectNode sequence = MAPPER.createObjectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("pretokenizers");
        for (String pattern : patterns) {
            ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
            split.putObject("pattern").put("Regex", pattern);
        }
        if (bytes) {
            steps.add(MAPPER.readTree(BYTES));
        }
        return sequence;
    }

    @TestFactory
    Stream<DynamicTest> patternsCutAsTheScannersDo() {
        return patterns().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    PreTokenizer scanners = PreTokenizers.named("test", entry.getKey());
                    Path file = TokenizerJsonFile.write(
                            temporary.resolve("splits.json"),
                            splits(entry.getValue(), false).toString());
                    WordSplitter splitter = SplitterReader.read(JsonReader.readAll(file));
                    Random random = new Random(31);
                    for (int round = 0; round < 3_000; round++) {
                        CodePoints text = CodePoints.of(RandomText.of(random, 1 + random.nextInt(15)));
                        Words words = splitter.split(Words.whole(text, true));
                        int[] ends = new int[words.count()];
                        for (int word = 0; word < ends.length; word++) {
                            ends[word] = words.end(word);
                        }
                        StringBuilder shown = new StringBuilder();
                        text.appendTo(shown, 0, text.length());
                        assertArrayEquals(scanners.split(text).toArray(), ends, shown.toString());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> bytePairIdsAreThoseOfTheReference() throws IOException {
        Path folder = folder();
        JsonNode expected = MAPPER.readTree(folder.resolve("tokens.json").toFile());
        Metadata gpt2 = metadata(folder.resolve("ggml-vocab-gpt-2.gguf"));
        return patterns().entrySet().stream()
                .filter(entry -> expected.path("pre_tokenizers").has(entry.getKey()))
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    boolean pairs = entry.getKey().startsWith("q");
                    ObjectNode root = bytePair(gpt2, pairs);
                    root.set("pre_tokenizer", splits(entry.getValue(), true));
                    ((ObjectNode) root.get("model"))
                            .put(
                                    "ignore_merges",
                                    PreTokenizers.named("test", entry.getKey()).ignoresMerges());
                    Tokenizer tokenizer = TokenizerJson.read(write(root)).tokenizer();
                    compare(
                            expected.path("strings"),
                            expected.path("pre_tokenizers").path(entry.getKey()),
                            text -> tokenizer.encode(text, false));
                }));
    }

    private static ObjectNode bytePair(Metadata metadata, boolean pairs) {
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        String[] tokens = metadata.texts(TokenizerKeys.TOKENS).orElseThrow();
        for (int id = 0; id < tokens.length; id++) {
            vocabulary.put(tokens[id], id);
        }
        ArrayNode merges = model.putArray("merges");
        for (String merge : metadata.texts(TokenizerKeys.MERGES).orElseThrow()) {
            if (pairs) {
                int space = merge.indexOf(' ', 1);
                merges.addArray().add(merge.substring(0, space)).add(merge.substring(space + 1));
            } else {
                merges.add(merge);
            }
        }
        return root;
    }

    /** The merges of a SentencePiece vocabulary are all the ways to put its tokens together, the best score first. */
    @Test
    void sentencePieceIdsAreThoseOfTheReference() throws IOException {
        Path folder = folder();
        Metadata metadata = metadata(folder.resolve("ggml-vocab-llama-spm.gguf"));
        String[] tokens = metadata.texts(TokenizerKeys.TOKENS).orElseThrow();
        double[] scores = metadata.numbers(TokenizerKeys.SCORES).orElseThrow();
        Map<String, Integer> ids = new HashMap<>();
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode model = root.putObject("model").put("type", "BPE").put("unk_token", "<unk>");
        model.put("fuse_unk", true).put("byte_fallback", true);
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.length; id++) {
            vocabulary.put(tokens[id], id);
            ids.put(tokens[id], id);
        }
        List<Integer> order = new ArrayList<>();
        for (int id = 259; id < tokens.length; id++) {
            order.add(id);
        }
        order.sort(Comparator.comparingDouble(id -> -scores[id]));
        ArrayNode merges = model.putArray("merges");
        for (int id : order) {
            for (int cut = 1; cut < tokens[id].length(); cut++) {
                String left = tokens[id].substring(0, cut);
                String right = tokens[id].substring(cut);
                if (ids.containsKey(left) && ids.containsKey(right)) {
                    merges.addArray().add(left).add(right);
                }
            }
        }
        root.set(
                "normalizer",
                MAPPER.readTree("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\u2581\"},"
                        + "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\u2581\"}]}"));
        root.set(
                "decoder",
                MAPPER.readTree("{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":"
                        + "\"\u2581\"},\"content\":\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},"
                        + "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]}"));
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < 3; id++) {
            added.addObject().put("id", id).put("content", tokens[id]).put("special", true);
        }
        Tokenizer tokenizer = TokenizerJson.read(write(root)).tokenizer();
        JsonNode expected = MAPPER.readTree(folder.resolve("tokens.json").toFile());
        compare(
                expected.path("strings"),
                expected.path("vocabularies").path("ggml-vocab-llama-spm.gguf").path("plain"),
                text -> tokenizer.encodeTemplate(text, false, UNUSED_SHIELD));
        Random random = new Random(33);
        Tokenizer ofModelFile = TokenizerFactory.create(metadata);
        for (int round = 0; round < 1_000; round++) {
            String text = RandomText.of(random, 1 + random.nextInt(30));
            int[] encoded = tokenizer.encode(text, false);
            assertArrayEquals(ofModelFile.encode(text, false), encoded, text);
            assertEquals(text, TestVocabulary.decode(tokenizer, encoded));
        }
    }

    private static void compare(JsonNode texts, JsonNode expected, Function<String, int[]> encode) {
        assertEquals(texts.size(), expected.size(), "texts and lists of ids");
        for (int index = 0; index < texts.size(); index++) {
            int[] ids = new int[expected.get(index).size()];
            for (int position = 0; position < ids.length; position++) {
                ids[position] = expected.get(index).get(position).intValue();
            }
            String text = texts.get(index).textValue();
            assertArrayEquals(ids, encode.apply(text), "text " + index + ": " + text);
        }
    }

    private Path write(ObjectNode root) throws IOException {
        return Files.writeString(
                Files.createTempDirectory(temporary, "model").resolve("tokenizer.json"), root.toString());
    }

    private static Path folder() {
        Path folder = ConformanceData.folder("tokenizers").orElse(null);
        Assumptions.assumeTrue(folder != null, "no folder 'tokenizers' with conformance data");
        return folder;
    }

    private static Metadata metadata(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return file.metadata();
        }
    }
}
