package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {

    @Test
    void tokensOfOneByteAreHeldUntilTheirCharacterIsWhole() {
        Tokenizer tokenizer = TestVocabulary.bytePair("gpt-2").tokenizer();
        StreamingDecoder decoder = tokenizer.decoder(-1);
        assertEquals("", decoder.accept(0xF0));
        assertEquals("", decoder.accept(0x9F));
        assertEquals("", decoder.accept(0x99));
        assertEquals("\uD83D\uDE42", decoder.accept(0x82));
        assertEquals("", decoder.accept(0xE2));
        assertEquals("\uFFFDa", decoder.accept('a'));
        assertEquals("", decoder.accept(0xC3));
        assertEquals("\uFFFD", decoder.finish());
    }

    @Test
    void anyCutOfAnyBytesGivesWhatTheWholeGives() {
        Random random = new Random(8);
        byte[][] tokens = new byte[2_000][];
        for (int round = 0; round < 500; round++) {
            byte[] all = RandomText.anyCodePoints(random, 40).getBytes(StandardCharsets.UTF_8);
            for (int damage = random.nextInt(4); damage > 0; damage--) {
                all[random.nextInt(all.length)] = (byte) random.nextInt(256);
            }
            int count = 0;
            for (int start = 0; start < all.length; count++) {
                int end = Math.min(all.length, start + random.nextInt(4));
                tokens[count] = Arrays.copyOfRange(all, start, end);
                start = end;
            }
            Utf8StreamingDecoder decoder = new Utf8StreamingDecoder(tokens, false);
            StringBuilder text = new StringBuilder();
            for (int token = 0; token < count; token++) {
                text.append(decoder.accept(token));
            }
            assertEquals(
                    new String(all, StandardCharsets.UTF_8),
                    text.append(decoder.finish()).toString());
        }
    }

    @Test
    void controlTokensShowNothingAndByteTokensJoin() {
        TestVocabulary vocabulary = TestVocabulary.sentencePiece().add("\u2581hi", 1, 0);
        int hi = vocabulary.id("\u2581hi");
        assertEquals("hi\u00E9 hi", TestVocabulary.decode(vocabulary.tokenizer(), 1, hi, 3 + 0xC3, 3 + 0xA9, hi, 2));
    }
}
