package io.promptmill.udf.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Scalings of rotary embeddings against their definitions. */
class RopeAnglesTest {
    @Test
    void frequenciesAreAGeometricSequence() {
        double[] frequencies = RopeAngles.of(8, 10_000).frequencies();
        assertArrayEquals(new double[] {1, 0.1, 0.01, 0.001}, frequencies, 1e-15);
    }

    @Test
    void factorsDivide() {
        RopeAngles angles = RopeAngles.of(4, 100).withAmplitude(1.5f);
        assertArrayEquals(new double[] {0.25, 0.025}, angles.dividedBy(4.0).frequencies(), 1e-15);
        RopeAngles each = angles.dividedBy(new float[] {2, 5});
        assertArrayEquals(new double[] {0.5, 0.02}, each.frequencies(), 1e-15);
        assertEquals(1.5f, each.amplitude());
    }

    /** Of 64 pairs for a context of 4,096: those with 32 turns or more stay, those with 1 or fewer are divided wholly. */
    @Test
    void yarnLeavesFastPairsAndSlowsSlowOnes() {
        RopeAngles plain = RopeAngles.of(128, 10_000);
        double[] scaled = plain.yarn(10_000, 8, 4096, 32, 1).frequencies();
        double previous = 0;
        for (int i = 0; i < scaled.length; i++) {
            double turns = 4096 * plain.frequencies()[i] / (2 * Math.PI);
            double slowed = plain.frequencies()[i] / scaled[i];
            assertTrue(slowed >= previous - 1e-12, "pair " + i);
            previous = slowed;
            if (turns > 40) {
                assertEquals(1, slowed, 1e-12, "pair " + i);
            } else if (turns < 0.8) {
                assertEquals(8, slowed, 1e-12, "pair " + i);
            }
        }
        assertTrue(scaled[32] < plain.frequencies()[32] && scaled[32] > plain.frequencies()[32] / 8);
    }
}
