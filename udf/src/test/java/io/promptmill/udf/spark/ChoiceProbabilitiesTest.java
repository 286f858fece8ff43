package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChoiceProbabilitiesTest {
    @Test
    void areSharesOfWhatTheModelGivesAllChoices() {
        assertArrayEquals(
                new double[] {0.5, 0.25, 0.25},
                ChoiceProbabilities.of(new double[] {Math.log(0.1), Math.log(0.05), Math.log(0.05)}),
                1e-15);
        assertArrayEquals(new double[] {1}, ChoiceProbabilities.of(new double[] {-700}));
        assertArrayEquals(
                new double[] {1, 0}, ChoiceProbabilities.of(new double[] {-3, Double.NEGATIVE_INFINITY}), 1e-15);
    }

    @Test
    void surviveLogarithmsWhoseExponentialsWouldVanish() {
        double[] probabilities = ChoiceProbabilities.of(new double[] {-5000, -5000 + Math.log(3)});
        assertArrayEquals(new double[] {0.25, 0.75}, probabilities, 1e-12);
    }

    @Test
    void sumToOneWhateverTheChoices() {
        Random random = new Random(3);
        for (int count = 1; count < 300; count++) {
            double[] logprobs = random.doubles(count, -900, 0).toArray();
            assertEquals(1, Arrays.stream(ChoiceProbabilities.of(logprobs)).sum(), 1e-12);
        }
    }

    /** 0.6 : 0.4 for the text, 0.8 : 0.2 without one: 0.75 : 2, of 2.75. */
    @Test
    void calibrationDividesByWhatContentFreeTextGets() {
        double[] calibrated = ChoiceProbabilities.calibrated(
                new double[] {Math.log(0.6), Math.log(0.4)}, new double[] {Math.log(0.08), Math.log(0.02)});
        assertArrayEquals(new double[] {0.75 / 2.75, 2 / 2.75}, calibrated, 1e-15);
    }

    @Test
    void theFirstOfEqualOnesIsBest() {
        assertEquals(1, ChoiceProbabilities.best(new double[] {0.2, 0.4, 0.4}));
        assertEquals(0, ChoiceProbabilities.margin(new double[] {0.2, 0.4, 0.4}));
        assertEquals(0.5, ChoiceProbabilities.margin(new double[] {0.25, 0.75}));
        assertEquals(1, ChoiceProbabilities.margin(new double[] {1}));
    }

    @Test
    void logarithmsThatTellNothingAreRefused() {
        double none = Double.NEGATIVE_INFINITY;
        for (double[] logprobs : new double[][] {{none, none}, {Double.NaN, -1}, {}}) {
            assertTrue(assertThrows(RequestException.class, () -> ChoiceProbabilities.of(logprobs))
                    .getMessage()
                    .contains("no probability"));
        }
        assertTrue(assertThrows(
                        RequestException.class,
                        () -> ChoiceProbabilities.calibrated(new double[] {-1, -1}, new double[] {-1, none}))
                .getMessage()
                .contains("content-free"));
    }
}
