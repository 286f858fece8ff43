package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.TestVocabulary.decode;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class BytePairTokenizerTest {
    private static final char SHIELD = '\u2060';

    private static TestVocabulary chat(String preTokenizer) {
        return TestVocabulary.bytePair(preTokenizer, "h e", "l l", "he ll", "hell o", "\u0120 hello", "a a", "aa aa")
                .add("<|end|>", 3, 0)
                .add("<|end|>x", 3, 0)
                .add("<think>", 4, 0)
                .add("<|eot_id|>", 1, 0)
                .with(TokenizerKeys.tokenId("eos"), 263L)
                .with(TokenizerKeys.tokenId("bos"), 264L);
    }

    @Test
    void mergesInTheOrderOfTheList() {
        TestVocabulary vocabulary = chat("gpt-2");
        Tokenizer tokenizer = vocabulary.tokenizer();
        int hello = vocabulary.id("hello");
        int spaceHello = vocabulary.id("\u0120hello");
        assertArrayEquals(new int[] {hello, spaceHello}, tokenizer.encode("hello hello", false));
        assertArrayEquals(new int[] {vocabulary.id("he"), 'l', 'i'}, tokenizer.encode("heli", false));
    }

    @Test
    void anyTextComesBack() {
        Random random = new Random(1);
        for (String preTokenizer : PreTokenizers.names()) {
            Tokenizer tokenizer = chat(preTokenizer).tokenizer();
            for (int round = 0; round < 20; round++) {
                String text = RandomText.anyCodePoints(random, 60) + RandomText.of(random, 20);
                assertEquals(text, decode(tokenizer, tokenizer.encode(text, false)), preTokenizer);
            }
        }
    }

    @Test
    void loneSurrogatesBecomeReplacementCharacters() {
        Tokenizer tokenizer = chat("llama-bpe").tokenizer();
        String text = "a\uD800b\uDC00\uD83D\uDE42\uD83D";
        assertEquals("a\uFFFDb\uFFFD\uD83D\uDE42\uFFFD", decode(tokenizer, tokenizer.encode(text, false)));
    }

    @Test
    void usersCannotWriteControlTokens() {
        TestVocabulary vocabulary = chat("gpt-2");
        Tokenizer tokenizer = vocabulary.tokenizer();
        String text = "a<|end|><|eot_id|>";
        int[] ids = tokenizer.encode(text, false);
        assertFalse(Arrays.stream(ids).anyMatch(tokenizer::isControl));
        assertEquals(text, decode(tokenizer, ids));
        assertArrayEquals(
                new int[] {'b', vocabulary.id("<think>"), 'c'}, tokenizer.encode("b<think>c", false), "user-defined");
    }

    @Test
    void wholeWordsThatLookLikeControlTokensStayText() {
        TestVocabulary vocabulary =
                TestVocabulary.bytePair("llama-bpe", "E N", "EN D").add("END", 3, 0);
        int control = 256 + 2;
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertTrue(tokenizer.isControl(control));
        assertEquals("END", decode(tokenizer, tokenizer.encode("END", false)));
        assertArrayEquals(new int[] {control}, tokenizer.encodeTemplate("END", false, SHIELD));
    }

    @Test
    void templatesWriteControlTokensAndShieldsVanish() {
        TestVocabulary vocabulary = chat("gpt-2");
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertArrayEquals(
                new int[] {'b', vocabulary.id("<|end|>x"), vocabulary.id("<|end|>"), 'c'},
                tokenizer.encodeTemplate("b<|end|>x<|end|>c", false, SHIELD),
                "the longest one wins");
        String shielded = "<|" + SHIELD + "end|>";
        assertArrayEquals(tokenizer.encode("<|end|>", false), tokenizer.encodeTemplate(shielded, false, SHIELD));
        assertEquals(
                Map.of(
                        "<|end|>", vocabulary.id("<|end|>"),
                        "<|end|>x", vocabulary.id("<|end|>x"),
                        "<|eot_id|>", vocabulary.id("<|eot_id|>")),
                tokenizer.controlTokens());
    }

    @Test
    void endTokensAreFoundByTheirSpelling() {
        TestVocabulary vocabulary = chat("gpt-2");
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertEquals(Set.of(263, vocabulary.id("<|eot_id|>")), tokenizer.endTokens());
        assertEquals("", TestVocabulary.decode(tokenizer, vocabulary.id("<|eot_id|>")));
        assertTrue(tokenizer.isControl(vocabulary.id("<|eot_id|>")), "although the file types it as text");
    }

    @Test
    void beginOfTextGoesByThePreTokenizerUnlessTheFileSaysSo() {
        assertFalse(chat("gpt-2").tokenizer().addsBeginOfText());
        assertTrue(chat("llama-bpe").tokenizer().addsBeginOfText());
        Tokenizer asked = chat("gpt-2").with(TokenizerKeys.ADD_BEGIN, true).tokenizer();
        assertArrayEquals(new int[] {264, 'a'}, asked.encode("a", true));
        assertArrayEquals(new int[] {'a'}, asked.encode("a", false));
        assertArrayEquals(new int[] {264, 'a'}, asked.encodeTemplate("<|end|>xa", true, SHIELD), "never twice");
    }

    @Test
    void harmonyMarksShowButUsersCannotWriteThem() {
        TestVocabulary vocabulary = TestVocabulary.bytePair("gpt-4o")
                .add("<|channel|>", 3, 0)
                .add("<|end|>", 3, 0)
                .add("<|return|>", 3, 0)
                .add("<|call|>", 3, 0);
        Tokenizer tokenizer = vocabulary.tokenizer();
        int channel = vocabulary.id("<|channel|>");
        assertEquals("<|channel|>", decode(tokenizer, channel));
        assertFalse(Arrays.stream(tokenizer.encode("<|channel|>", false)).anyMatch(id -> id == channel));
        assertArrayEquals(new int[] {channel}, tokenizer.encodeTemplate("<|channel|>", false, SHIELD));
        assertEquals(Set.of(vocabulary.id("<|return|>"), vocabulary.id("<|call|>")), tokenizer.endTokens());
    }

    @Test
    void oneWordOfAMegabyteIsNotSlow() {
        Tokenizer tokenizer = chat("gpt-2").tokenizer();
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertEquals(1 << 18, tokenizer.encode("a".repeat(1 << 20), false).length);
            assertEquals(1 << 20, tokenizer.encode(" ".repeat(1 << 20), false).length);
        });
    }

    @Test
    void threadsThatShareTheCacheGetWhatOneAloneGets() throws Exception {
        List<String> texts = new ArrayList<>();
        List<int[]> expected = new ArrayList<>();
        Random random = new Random(6);
        for (int index = 0; index < 200; index++) {
            texts.add(RandomText.of(random, 200) + " hello aaaa");
            expected.add(chat("gpt-2").tokenizer().encode(texts.get(index), false));
        }
        Tokenizer shared = chat("gpt-2").tokenizer();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                running.add(threads.submit(() -> {
                    for (int index = 0; index < texts.size(); index++) {
                        assertArrayEquals(expected.get(index), shared.encode(texts.get(index), false));
                    }
                }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
