package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.TestVocabulary.decode;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the reference cannot say: control tokens in a user's text, the files beside, damage, and long texts. */
class TokenizerJsonTest {
    private static final char SHIELD = '\uFDD0';

    @TempDir
    private Path folder;

    private static TokenizerJsonFile chat() {
        return TokenizerJsonFile.bytePair("h e", "l l", "he ll", "hell o")
                .added(260, "<|begin|>", true)
                .added(261, "<|im_end|>", true)
                .added(262, "<think>", false)
                .added(263, "</s>", true);
    }

    private Tokenizer tokenizer(TokenizerJsonFile file) {
        return TokenizerJson.read(file.writeTo(folder)).tokenizer();
    }

    private void refused(TokenizerJsonFile file, String... named) {
        ModelFileException refusal =
                assertThrows(ModelFileException.class, () -> TokenizerJson.read(file.writeTo(folder)));
        assertTrue(refusal.getMessage().startsWith(folder.resolve("tokenizer.json") + ": "), refusal.getMessage());
        for (String name : named) {
            assertTrue(refusal.getMessage().contains(name), refusal.getMessage());
        }
    }

    @Test
    void controlTokensAreOnlyReadOutOfTemplates() {
        Tokenizer tokenizer = tokenizer(chat());
        assertArrayEquals(
                new int[] {260, 259, 261}, tokenizer.encodeTemplate("<|begin|>hello<|im_end|>", false, SHIELD));
        assertArrayEquals(new int[] {'<', '|'}, Arrays.copyOf(tokenizer.encode("<|begin|>", false), 2));
        assertArrayEquals(
                tokenizer.encode("<|begin|>", false),
                tokenizer.encodeTemplate("<" + SHIELD + "|begin|>", false, SHIELD));
        assertArrayEquals(new int[] {262, 259}, tokenizer.encode("<think>hello", false), "users may write these");
        assertEquals(
                Set.of("<|begin|>", "<|im_end|>", "</s>"),
                tokenizer.controlTokens().keySet());
        assertTrue(tokenizer.isControl(260));
        assertFalse(tokenizer.isControl(262));
        assertEquals("<think>hello", decode(tokenizer, 260, 262, 259, 261));
    }

    @Test
    void aControlTokenInAModelsOwnVocabularyIsNotMadeOfText() {
        String vocabulary =
                "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"</s>\",0],[\"<\",-9],[\"/\",-9],"
                        + "[\"s\",-9],[\">\",-9],[\"u\",-9],[\"n\",-9],[\"k\",-9]]}";
        TokenizerJsonFile file = chat().with("model", vocabulary).with("pre_tokenizer", "null");
        file.with("added_tokens", "[{\"id\":1,\"content\":\"</s>\",\"special\":true}]");
        Tokenizer tokenizer = tokenizer(file);
        assertArrayEquals(new int[] {2, 3, 4, 5}, tokenizer.encode("</s>", false));
        assertArrayEquals(new int[] {2, 6, 7, 8, 5}, tokenizer.encode("<unk>", false));
        assertArrayEquals(new int[] {1}, tokenizer.encodeTemplate("</s>", false, SHIELD));
    }

    @Test
    void anyTextComesBack() {
        Random random = new Random(11);
        Tokenizer tokenizer = tokenizer(chat());
        for (int round = 0; round < 300; round++) {
            String text = RandomText.anyCodePoints(random, 80) + RandomText.of(random, 20);
            assertEquals(text, decode(tokenizer, tokenizer.encode(text, false)));
        }
    }

    @Test
    void tokensBeyondTheVocabularyShowNothing() {
        Tokenizer tokenizer = tokenizer(chat());
        assertEquals(264, tokenizer.vocabularySize());
        assertEquals("hellohello", decode(tokenizer, 259, 264, 100_000, 259));
        assertFalse(tokenizer.isControl(100_000));
        assertEquals("[UNUSED_100000]", tokenizer.piece(100_000));
    }

    @Test
    void filesBesideNameTokensAndTemplate() {
        TokenizerJsonFile.write(
                folder.resolve("tokenizer_config.json"),
                "{\"bos_token\":{\"content\":\"<|begin|>\"},\"eos_token\":\"<|im_end|>\",\"add_bos_token\":true,"
                        + "\"add_eos_token\":true,\"chat_template\":[{\"name\":\"tools\",\"template\":\"no\"},"
                        + "{\"name\":\"default\",\"template\":\"yes\"}]}");
        TokenizerJsonFile.write(folder.resolve("generation_config.json"), "{\"eos_token_id\":[259, 263]}");
        TokenizerJsonFile.write(folder.resolve("config.json"), "{\"eos_token_id\":258}");
        ModelTokenizer model = TokenizerJson.read(chat().writeTo(folder));
        Tokenizer tokenizer = model.tokenizer();
        assertEquals(Optional.of("yes"), model.chatTemplate());
        assertEquals(Optional.of("<|begin|>"), model.beginOfText());
        assertEquals(Optional.of("<|im_end|>"), model.endOfText());
        assertEquals(OptionalInt.of(260), tokenizer.beginOfText());
        assertEquals(Set.of(259, 261, 263), tokenizer.endTokens());
        assertTrue(tokenizer.addsBeginOfText());
        assertArrayEquals(new int[] {260, 259, 261}, tokenizer.encode("hello", true));
        assertArrayEquals(new int[] {260, 259, 261}, tokenizer.encodeTemplate("<|begin|>hello", true, SHIELD));
        TokenizerJsonFile.write(folder.resolve("chat_template.jinja"), "from the file");
        assertEquals(
                Optional.of("from the file"),
                TokenizerJson.read(folder.resolve("tokenizer.json")).chatTemplate());
    }

    @Test
    void withoutFilesBesideTheSpellingsTell() {
        ModelTokenizer model = TokenizerJson.read(chat().writeTo(folder));
        assertEquals(Set.of(261, 263), model.tokenizer().endTokens());
        assertEquals(Optional.empty(), model.chatTemplate());
        assertFalse(model.tokenizer().addsBeginOfText());
        assertEquals("tokenizer.json (BPE)", model.kind());
    }

    @Test
    void aModelWithoutAVocabularyIsOpenedWithItsTokenizerFile() {
        Path json = chat().writeTo(folder);
        ModelTokenizer model = TokenizerFactory.open(new FolderFile(Map.of(), Optional.of(json)));
        assertArrayEquals(new int[] {259}, model.tokenizer().encode("hello", false));
        Metadata metadata = TestVocabulary.bytePair("gpt-2", "a b").metadata();
        assertEquals(
                "gpt2 (gpt-2)",
                TokenizerFactory.open(new FolderFile(
                                Map.of(
                                        TokenizerKeys.MODEL,
                                        "gpt2",
                                        TokenizerKeys.PRE_TOKENIZER,
                                        "gpt-2",
                                        TokenizerKeys.TOKENS,
                                        metadata.texts(TokenizerKeys.TOKENS).orElseThrow(),
                                        TokenizerKeys.MERGES,
                                        new String[] {"a b"}),
                                Optional.of(json)))
                        .kind());
        assertThrows(
                ModelFileException.class, () -> TokenizerFactory.create(new FolderFile(Map.of(), Optional.empty())));
    }

    @Test
    void damageIsNamedWithItsPlace() {
        refused(chat().with("pre_tokenizer", "{\"type\":\"Magic\"}"), "/pre_tokenizer/type", "Magic");
        refused(chat().with("normalizer", "{\"type\":\"Magic\"}"), "/normalizer/type", "Magic");
        refused(chat().with("decoder", "{\"type\":\"CTC\"}"), "/decoder/type", "CTC");
        refused(chat().with("post_processor", "{\"type\":\"Magic\"}"), "/post_processor/type", "Magic");
        refused(
                chat().with(
                                "pre_tokenizer",
                                "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                                        + "\"(a)\\\\1\"},\"behavior\":\"Isolated\",\"invert\":false}]}"),
                "/pre_tokenizer/pretokenizers/0/pattern/Regex",
                "(a)\\1");
        refused(
                chat().with("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":\"b\"},\"merges\":[]}"),
                "/model/vocab",
                "'a'");
        refused(chat().with("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000}}"), "/model/vocab", "2000000000");
        refused(
                chat().with("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}"),
                "/model/merges/0",
                "'b'");
        refused(chat().with("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a\"]}"), "/model/merges/0");
        refused(chat().with("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[[\"a\"]]}"), "/model/merges/0");
        refused(
                chat().with("model", "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\",0],[\"b\"]]}"),
                "/model/vocab/1");
        refused(
                chat().with("model", "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\",1e999]]}"),
                "/model/vocab/0");
        refused(chat().with("model", "{\"type\":\"Unigram\",\"vocab\":[[\"a\",0]]}"), "/model/unk_id");
        refused(
                chat().with("model", "{\"type\":\"Unigram\",\"unk_id\":7,\"vocab\":[[\"a\",0]]}"),
                "/model/unk_id",
                "7");
        refused(
                chat().with("model", "{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"vocab\":{\"a\":0}}"),
                "/model/unk_token");
        refused(chat().with("model", "{\"type\":\"Magic\",\"vocab\":{\"a\":0}}"), "/model/type", "Magic");
        refused(chat().with("model", "[]"), "/model");
        refused(chat().added(-1, "<x>", true), "/added_tokens/4/id");
        refused(chat().added(264, "<" + "x".repeat(300), true), "/added_tokens/4/content", "301");
        refused(
                chat().with("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"////fw==\"}"),
                "/normalizer/precompiled_charsmap");
        refused(
                chat().with(
                                "post_processor",
                                "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}}]}"),
                "/post_processor/special_tokens/<s>/ids");
        for (String text : new String[] {"", "{", "[[[[", "{\"model\":{\"vocab\":{\"a\":}}}", "[".repeat(100_000)}) {
            Path file = TokenizerJsonFile.write(folder.resolve("tokenizer.json"), text);
            assertThrows(ModelFileException.class, () -> TokenizerJson.read(file), text);
        }
        assertThrows(ModelFileException.class, () -> TokenizerJson.read(folder.resolve("absent.json")));
    }

    /** Every step alone is harmless, all together double a text a million times. */
    @Test
    void textsThatGrowBeyondMeasureAreRefused() {
        String twice = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
        String steps = String.join(",", Collections.nCopies(20, twice));
        Tokenizer normalizing =
                tokenizer(chat().with("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[" + steps + "]}"));
        assertEquals(0, normalizing.encode("", false).length);
        assertThrows(RequestException.class, () -> normalizing.encode("a".repeat(1_000), false));
        String bytes = String.join(",", Collections.nCopies(20, TokenizerJsonFile.BYTE_LEVEL));
        Tokenizer cutting =
                tokenizer(chat().with("pre_tokenizer", "{\"type\":\"Sequence\",\"pretokenizers\":[" + bytes + "]}"));
        assertThrows(RequestException.class, () -> cutting.encode("\u4E2D".repeat(1_000), false));
        refused(
                chat().with(
                                "decoder",
                                "{\"type\":\"Sequence\",\"decoders\":["
                                        + steps.replace("\"a\"", "\"hello\"").replace("\"aa\"", "\"hellohello\"")
                                        + "]}"),
                "characters");
        String many = String.join(",", Collections.nCopies(25, twice));
        refused(
                chat().with("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[" + many + "]}"),
                "/normalizer",
                "25 steps");
        refused(
                chat().with("normalizer", "{\"type\":\"Prepend\",\"prepend\":\"" + "x".repeat(1_000) + "\"}"),
                "/normalizer/prepend");
    }

    @Test
    void longTextsAreNotSlow() {
        String prepend =
                "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKC\"},{\"type\":\"Replace\",\"pattern\":"
                        + "{\"Regex\":\" {2,}\"},\"content\":\" \"}]}";
        Tokenizer tokenizer = tokenizer(chat().with("normalizer", prepend).with("pre_tokenizer", "null"));
        Tokenizer cut = tokenizer(chat());
        String marks = "e\u0301\u0323".repeat(4) + "\u0301\u0323".repeat(1 << 16);
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            for (String text :
                    new String[] {"a".repeat(1 << 20), " a".repeat(1 << 19), "hello".repeat(1 << 17), marks}) {
                assertTrue(tokenizer.encode(text, false).length >= 0);
                assertTrue(cut.encode(text, false).length > 0);
            }
        });
    }

    /** A model without tensors. */
    private record FolderFile(Map<String, Object> values, Optional<Path> tokenizerFile) implements ModelFile {
        @Override
        public Metadata metadata() {
            return new Metadata("folder", values);
        }

        @Override
        public Map<String, TensorInfo> tensors() {
            return Map.of();
        }

        @Override
        public Matrix matrix(String name, int rows, int columns) {
            throw new AssertionError(name);
        }

        @Override
        public Matrix[] matrices(String name, int count, int rows, int columns) {
            throw new AssertionError(name);
        }

        @Override
        public float[] vector(String name, int length) {
            throw new AssertionError(name);
        }

        @Override
        public void close() {}
    }
}
