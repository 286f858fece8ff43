package io.promptmill.udf.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepetitionDetectorTest {

    /** What the detector says, by the words of its description. */
    private static boolean loops(int[] tokens, int length, int limit) {
        for (int period = 1; length >= limit && period <= limit / RepetitionDetector.REPEATS; period++) {
            boolean periodic = true;
            for (int i = length - limit + period; i < length; i++) {
                periodic &= tokens[i] == tokens[i - period];
            }
            if (periodic) {
                return true;
            }
        }
        return false;
    }

    private static int[] repeated(int period, int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = 100 + i % period;
        }
        return tokens;
    }

    /** Tokens until it loops, or -1. */
    private static int firstLoop(RepetitionDetector detector, int[] tokens) {
        for (int i = 0; i < tokens.length; i++) {
            detector.accept(tokens[i]);
            if (detector.loops()) {
                return i + 1;
            }
        }
        return -1;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 8, 11, 16, 35, 64})
    void saysAfterEveryTokenWhatTheNaiveSearchSays(int limit) {
        Random random = new Random(limit);
        int found = 0;
        for (int round = 0; round < 60; round++) {
            int[] tokens = new int[300];
            int period = 1 + random.nextInt(limit / 4 + 2);
            for (int i = 0; i < tokens.length; i++) {
                // Mostly periodic, now and then not, and then with another period.
                boolean broken = random.nextInt(2 * limit) == 0;
                period = broken ? 1 + random.nextInt(limit / 4 + 2) : period;
                tokens[i] = i < period || broken ? random.nextInt(3) : tokens[i - period];
            }
            RepetitionDetector detector = new RepetitionDetector(limit);
            for (int i = 0; i < tokens.length; i++) {
                detector.accept(tokens[i]);
                boolean expected = loops(tokens, i + 1, limit);
                found += expected ? 1 : 0;
                assertEquals(expected, detector.loops(), "round " + round + ", token " + i);
            }
        }
        assertTrue(found > 100 && found < 60 * 300, "both answers occur: " + found);
    }

    @Test
    void aLoopIsSeenAtItsLimitForEveryPeriodThatFitsFourTimes() {
        for (int period = 1; period <= 32; period++) {
            assertEquals(128, firstLoop(new RepetitionDetector(128), repeated(period, 200)), "period " + period);
        }
        assertEquals(-1, firstLoop(new RepetitionDetector(128), repeated(33, 1_000)));
        assertEquals(-1, firstLoop(new RepetitionDetector(128), repeated(32, 127)));
    }

    @Test
    void whatCameBeforeTheLoopDoesNotCountAndWhatBreaksItEndsIt() {
        RepetitionDetector detector = new RepetitionDetector(16);
        int[] before = {7, 3, 3, 9, 1};
        for (int token : before) {
            detector.accept(token);
        }
        assertEquals(16, firstLoop(detector, repeated(4, 20)));
        detector.accept(-5);
        assertFalse(detector.loops());
        assertEquals(16, firstLoop(detector, repeated(2, 20)));
    }
}
