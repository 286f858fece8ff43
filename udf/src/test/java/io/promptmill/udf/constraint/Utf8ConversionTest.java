package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** Against the JDK's decoder. */
class Utf8ConversionTest {
    private static final int[] EDGES = {
        0, 1, 0x3F, 0x7E, 0x7F, 0x80, 0xBF, 0x7FE, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000,
        0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFF
    };

    private final Random random = new Random(4);

    @Test
    void everyCodePointOfARangeAndNoOther() {
        for (int min : EDGES) {
            for (int max : EDGES) {
                if (min <= max) {
                    check(min, max);
                }
            }
        }
        for (int i = 0; i < 200; i++) {
            int a = random.nextInt(1 << 7 + random.nextInt(15)) % 0x110000;
            int b = random.nextInt(1 << 7 + random.nextInt(15)) % 0x110000;
            check(Math.min(a, b), Math.max(a, b));
        }
    }

    private void check(int min, int max) {
        Automaton range =
                Operations.minus(Automata.makeCharRange(min, max), Automata.makeCharRange(0xD800, 0xDFFF), 1000);
        if (Operations.isEmpty(range)) {
            return;
        }
        ByteRunAutomaton bytes =
                new ByteRunAutomaton(Operations.determinize(Utf8Conversion.of(range), 10_000), true, 10_000);
        for (int i = 0; i < 300; i++) {
            int codePoint = i < EDGES.length ? EDGES[i] : random.nextInt(1 << 7 + random.nextInt(15)) % 0x110000;
            if (codePoint < 0xD800 || codePoint > 0xDFFF) {
                byte[] text = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
                assertEquals(codePoint >= min && codePoint <= max, bytes.run(text, 0, text.length), "" + codePoint);
            }
        }
        for (int i = 0; i < 300; i++) {
            byte[] text = anyBytes();
            assertEquals(isOneOf(text, min, max), bytes.run(text, 0, text.length), () -> min + " to " + max);
        }
    }

    private byte[] anyBytes() {
        int[] leads = {0x20, 0x7F, 0x80, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
        int[] tails = {0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0x7F, 0xC0};
        byte[] text = new byte[1 + random.nextInt(4)];
        text[0] = (byte) leads[random.nextInt(leads.length)];
        for (int i = 1; i < text.length; i++) {
            text[i] = (byte) tails[random.nextInt(tails.length)];
        }
        return text;
    }

    private static boolean isOneOf(byte[] bytes, int min, int max) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.codePointCount(0, text.length()) == 1
                    && text.codePointAt(0) >= min
                    && text.codePointAt(0) <= max;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
