package io.promptmill.udf.constraint.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.constraint.json.NumberRange.Limit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** Ranges hold exactly the numbers between their limits. */
class NumberTextsTest {
    private static final List<String> LIMITS = List.of(
            "-1000", "-120.5", "-100", "-99.99", "-10", "-9", "-1.01", "-1", "-0.5", "-0.05", "0", "0.001", "0.1",
            "0.10", "0.99", "1", "1.5", "2", "9", "9.5", "10", "11", "19.99", "20", "99", "100", "101", "109.9",
            "1000");

    private static List<String> candidates() {
        List<String> candidates = new ArrayList<>();
        for (int i = -1010; i <= 1010; i++) {
            candidates.add(Integer.toString(i));
            candidates.add(i + ".0");
        }
        for (int i = -3000; i <= 3000; i++) {
            candidates.add(new BigDecimal(i).movePointLeft(2).toPlainString());
        }
        Random random = new Random(5);
        for (int i = 0; i < 1000; i++) {
            candidates.add(new BigDecimal(random.nextInt(400_000) - 200_000)
                    .movePointLeft(1 + random.nextInt(5))
                    .toPlainString());
        }
        for (String limit : LIMITS) {
            candidates.add(limit + (limit.contains(".") ? "0" : ".00"));
            candidates.add(limit + (limit.contains(".") ? "00001" : ".00001"));
        }
        candidates.removeIf(text -> text.startsWith("-") && new BigDecimal(text).signum() == 0);
        return candidates;
    }

    @Test
    void holdExactlyWhatLiesBetweenTheLimits() {
        List<String> candidates = candidates();
        Random random = new Random(11);
        int ranges = 0;
        for (String lower : LIMITS) {
            for (String upper : LIMITS) {
                boolean integer = random.nextBoolean();
                Limit least = random.nextInt(6) == 0 ? null : new Limit(stripped(lower), random.nextBoolean());
                Limit most = random.nextInt(6) == 0 ? null : new Limit(stripped(upper), random.nextBoolean());
                check(new NumberRange(integer, least, most, List.of()), candidates);
                ranges++;
            }
        }
        assertEquals(LIMITS.size() * LIMITS.size(), ranges);
    }

    private static void check(NumberRange range, List<String> candidates) {
        if (!range.isLimited()) {
            return;
        }
        Automaton texts = NumberTexts.of(range);
        assertEquals(texts.getNumStates() == 0, range.isEmpty(), range.toString());
        for (String candidate : candidates) {
            boolean written =
                    range.contains(new BigDecimal(candidate)) && !(range.integer() && candidate.contains("."));
            if (Operations.run(texts, candidate) != written) {
                assertEquals(written, !written, candidate + " in " + range);
            }
        }
    }

    @Test
    void leavesOutExactlyWhatIsExcluded() {
        NumberRange range = new NumberRange(false, limit("-20", true), limit("20", true), List.of())
                .without(new NumberRange(true, limit("3", true), limit("7.5", true), List.of()))
                .without(new NumberRange(false, limit("-5", false), limit("-4", false), List.of()))
                .without(List.of(new BigDecimal("0"), new BigDecimal("12.5"), new BigDecimal("-20")));
        check(range, candidates());
        for (String left : List.of("2", "8", "3.5", "7.01", "-5", "-4.0", "12.51", "-19.999", "0.1")) {
            assertTrue(Operations.run(NumberTexts.of(range), left), left);
        }
        for (String excluded : List.of("3", "7.0", "5.00", "-4.5", "12.50", "0", "0.0", "-20")) {
            assertFalse(Operations.run(NumberTexts.of(range), excluded), excluded);
        }
    }

    @Test
    void refusesLeadingZerosMinusZeroAndLooseEnds() {
        Automaton texts = NumberTexts.of(new NumberRange(false, limit("-10", true), limit("1000", true), List.of()));
        for (String wrong : List.of("", "-", "00", "01", "-0", "-0.0", "1.", ".5", "-.5", "+1", "1e2", "0x1", "1 ")) {
            assertFalse(Operations.run(texts, wrong), wrong);
        }
    }

    @Test
    void integersKeepToSixtyFourBits() {
        Automaton all = NumberTexts.of(new NumberRange(
                true, limit("-9223372036854775808", true), limit("18446744073709551615", true), List.of()));
        for (String fits : List.of("9223372036854775807", "-9223372036854775808", "999999999999999999", "0")) {
            assertTrue(Operations.run(all, fits), fits);
        }
        for (String big : List.of("9223372036854775808", "-9223372036854775809", "18446744073709551615")) {
            assertFalse(Operations.run(all, big), big);
        }
        assertTrue(new NumberRange(true, limit("9223372036854775808", true), null, List.of()).isEmpty());
        assertFalse(new NumberRange(true, limit("9223372036854775806", false), null, List.of()).isEmpty());
        assertTrue(Operations.run(
                NumberTexts.of(new NumberRange(true, limit("9223372036854775806", false), null, List.of())),
                "9223372036854775807"));
    }

    @Test
    void narrowAndFarRangesHaveNumbers() {
        for (String[] limits : new String[][] {
            {"0.12345678901234567", "0.12345678901234568"},
            {"99999999999999999999.5", "99999999999999999999.6"},
            {"0", "0.0000000000000000000000001"},
            {"999999999999999.9", "1000000000000000"},
            {"-1e-30", "0"},
            {"-1e300", "-1e30"}
        }) {
            NumberRange range = new NumberRange(false, limit(limits[0], false), limit(limits[1], false), List.of());
            assertTrue(NumberTexts.of(range).getNumStates() > 0, range.toString());
            assertFalse(range.isEmpty());
        }
    }

    private static Limit limit(String value, boolean inclusive) {
        return new Limit(stripped(value), inclusive);
    }

    private static BigDecimal stripped(String value) {
        return new BigDecimal(value).stripTrailingZeros();
    }
}
