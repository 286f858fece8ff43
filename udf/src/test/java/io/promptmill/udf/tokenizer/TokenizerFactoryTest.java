package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.TestVocabulary.ABSENT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.Metadata;
import org.junit.jupiter.api.Test;

/** What a damaged or hostile file may say about its vocabulary, and the message that names it. */
class TokenizerFactoryTest {

    private static void refused(Metadata metadata, String... named) {
        ModelFileException refusal = assertThrows(ModelFileException.class, () -> TokenizerFactory.create(metadata));
        assertTrue(refusal.getMessage().startsWith("test.gguf: "), refusal.getMessage());
        for (String name : named) {
            assertTrue(refusal.getMessage().contains(name), refusal.getMessage());
        }
    }

    private static TestVocabulary bytePair() {
        return TestVocabulary.bytePair("gpt-2", "a b");
    }

    @Test
    void listsMustBeThereAndLongEnough() {
        refused(bytePair().with(TokenizerKeys.TOKENS, ABSENT).metadata(), TokenizerKeys.TOKENS);
        refused(bytePair().with(TokenizerKeys.TOKENS, new String[0]).metadata(), TokenizerKeys.TOKENS);
        refused(bytePair().with(TokenizerKeys.MERGES, ABSENT).metadata(), TokenizerKeys.MERGES);
        refused(bytePair().with(TokenizerKeys.TYPES, new long[2]).metadata(), TokenizerKeys.TYPES, "2", "257");
        refused(
                TestVocabulary.sentencePiece()
                        .with(TokenizerKeys.SCORES, new double[3])
                        .metadata(),
                TokenizerKeys.SCORES);
    }

    @Test
    void mergesMustBeTwoTexts() {
        for (String merge : new String[] {"ab", "", "a ", " b"}) {
            refused(
                    bytePair()
                            .with(TokenizerKeys.MERGES, new String[] {"a b", merge})
                            .metadata(),
                    "index 1");
        }
    }

    @Test
    void idsMustBeTokens() {
        refused(bytePair().with(TokenizerKeys.tokenId("eos"), 1_000_000L).metadata(), "eos_token_id", "1000000");
        refused(bytePair().with(TokenizerKeys.tokenId("bos"), -1L).metadata(), "bos_token_id");
        refused(bytePair().with(TokenizerKeys.ADD_BEGIN, true).metadata(), "bos_token_id");
    }

    @Test
    void tokensMustBeReasonable() {
        refused(bytePair().add("a".repeat(100_000), 1, 0).metadata(), "100000 characters");
        refused(bytePair().add("<" + "a".repeat(256), 3, 0).metadata(), "control token of 257 characters", "index 257");
        refused(bytePair().add("<" + "a".repeat(256), 2, 0).metadata(), "control token of 257 characters", "index 257");
        assertEquals(258, bytePair().add("a".repeat(256), 3, 0).tokenizer().vocabularySize());
        refused(TestVocabulary.sentencePiece().add("a".repeat(1_000), 1, 0).metadata(), "1000 characters");
        refused(TestVocabulary.sentencePiece().add("<0xZZ>", 6, 0).metadata(), "<0xZZ>");
        refused(TestVocabulary.sentencePiece().add("a", 1, Double.NaN).metadata(), "NaN");
    }

    @Test
    void kindsMustBeKnown() {
        refused(bytePair().with(TokenizerKeys.MODEL, "unigram").metadata(), "unigram", "gpt2", "llama");
        refused(bytePair().with(TokenizerKeys.PRE_TOKENIZER, "gpt-9").metadata(), "gpt-9", "qwen2");
        refused(bytePair().with(TokenizerKeys.MODEL, ABSENT).metadata(), TokenizerKeys.MODEL);
    }

    @Test
    void emptyTokensAndBytesWithoutATokenDoNoHarm() {
        TestVocabulary few = TestVocabulary.bytePair("gpt-2").with(TokenizerKeys.TOKENS, new String[] {"a", "", "b"});
        assertEquals(2, few.tokenizer().encode("a?b", false).length);
    }
}
