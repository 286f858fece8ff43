package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ControlTokenShieldTest {
    private static final char SHIELD = '\ufdd0';
    private static final Set<String> TOKENS = Set.of("</s>", "<s>", "<|im_end|>", "<|im_start|>", "<<", "[INST]", "aa");
    private final ControlTokenShield shield = new ControlTokenShield(TOKENS);

    @Test
    void leavesHarmlessTextAlone() {
        String text = "2 < 3, b > a, [x] and {{ y }}";
        assertSame(text, shield.apply(text, SHIELD));
    }

    @Test
    void breaksEveryLookAlike() {
        assertEquals("x<\ufdd0/s>y", shield.apply("x</s>y", SHIELD));
        assertEquals("x<\ufdd0<\ufdd0<y", shield.apply("x<<<y", SHIELD), "overlapping");
        assertEquals("x<\ufdd0|IM_end|>.", shield.apply("x<|IM_end|>.", SHIELD), "templates change case");
    }

    @Test
    void guardsTheEdgesThatATemplateCouldComplete() {
        assertEquals("say <|im_\ufdd0", shield.apply("say <|im_", SHIELD));
        assertEquals("\ufdd0end|> said", shield.apply("end|> said", SHIELD));
        assertEquals("user", shield.apply("user", SHIELD), "the role between '<|' and '|>' is the template's own");
    }

    @Test
    void noTokenSurvivesWhateverSurroundsTheText() {
        Random random = new Random(5);
        String alphabet = "<|/s>ima_endtr[INST] ";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
                if (random.nextInt(6) == 0) {
                    text.append(List.copyOf(TOKENS).get(random.nextInt(TOKENS.size())));
                }
            }
            String broken = shield.apply(text.toString(), SHIELD);
            assertEquals(text.toString(), broken.replace(String.valueOf(SHIELD), ""));
            for (String token : TOKENS) {
                assertFalse(broken.toLowerCase(Locale.ROOT).contains(token.toLowerCase(Locale.ROOT)), broken);
                for (int cut = 1; cut < token.length(); cut++) {
                    String before = token.substring(0, cut) + broken;
                    String after = broken + token.substring(cut);
                    assertFalse(before.startsWith(token) || after.endsWith(token), broken + " beside " + token);
                }
            }
        }
    }

    @Test
    void guardsEdgesInsideSurrogatePairs() {
        ControlTokenShield pairs = new ControlTokenShield(Set.of("\ud83e\udd99x\ud83e\udd9a"));
        assertEquals("a\ud83e\udd99\ufdd0", pairs.apply("a\ud83e\udd99", SHIELD));
        assertEquals("\ufdd0x\ud83e\udd9ab", pairs.apply("x\ud83e\udd9ab", SHIELD));
        assertEquals("x\ud83e\udd99b", pairs.apply("x\ud83e\udd99b", SHIELD));
    }

    @Test
    void takesMemoryInProportionToTheTokens() {
        Random random = new Random(3);
        Set<String> long30 = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            StringBuilder token = new StringBuilder("<");
            random.ints(4_095, 'a', 'z').forEach(letter -> token.append((char) letter));
            long30.add(token.toString());
        }
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getCurrentThreadAllocatedBytes();
        ControlTokenShield longTokens = new ControlTokenShield(long30);
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 64L << 20, "allocated " + allocated + " bytes");
        String token = long30.iterator().next();
        assertEquals(".<\ufdd0" + token.substring(1) + ".", longTokens.apply("." + token + ".", SHIELD));
        String cut = token.substring(0, 4_000);
        assertEquals("." + cut + SHIELD, longTokens.apply("." + cut, SHIELD));
    }

    @Test
    void choosesACharacterThatIsFree() {
        assertEquals('\ufdd2', ControlTokenShield.choose(List.of("a\ufdd0", "\ufdd1")));
        StringBuilder all = new StringBuilder();
        for (char c = '\ufdd0'; c <= '\ufdef'; c++) {
            all.append(c);
        }
        assertThrows(RequestException.class, () -> ControlTokenShield.choose(List.of(all.toString())));
    }

    @Test
    void refusesATokenThatCannotBeBroken() {
        ControlTokenShield single = new ControlTokenShield(Set.of("\u2581", "\ud83e\udd99"));
        assertThrows(RequestException.class, () -> single.apply("a\ud83e\udd99", SHIELD));
        assertEquals("fine", single.apply("fine", SHIELD));
    }
}
