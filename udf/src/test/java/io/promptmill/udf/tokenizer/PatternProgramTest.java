package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PatternProgramTest {
    private static final String[] ATOMS = {
        "a",
        "b",
        "[ab]",
        "[^a]",
        "\\d",
        "\\S",
        "(?:ab|a)",
        "(?:b|ba|c)",
        "c",
        ".",
        "[a-c&&[^b]]",
        "(?!a)",
        "(?=b)",
        "(?<=a)",
        "(?<!b)",
        "\\b",
        "(?>a+|b)",
        "[\\d.]",
        "(?i:A|cB)"
    };
    private static final String[] REPETITIONS = {
        "", "", "", "*", "+", "?", "*?", "+?", "??", "++", "?+", "{2}", "{1,3}", "{0,2}"
    };
    private static final String[] LETTERS = {"a", "a", "b", "b", "c", "1", ".", "\n", "\u4E2D"};

    private static List<String> matches(String pattern, String text) {
        CodePoints codePoints = CodePoints.of(text);
        IntList found = new IntList(8);
        PatternCompiler.compile(pattern).find(codePoints, 0, codePoints.length(), found);
        List<String> matches = new ArrayList<>();
        for (int index = 0; index < found.size(); index += 2) {
            StringBuilder match = new StringBuilder(found.get(index) + ":");
            codePoints.appendTo(match, found.get(index), found.get(index + 1));
            matches.add(match.toString());
        }
        return matches;
    }

    /** What Java's own matcher finds; an empty match right behind another one does not count. */
    private static List<String> expected(String pattern, String text) {
        Matcher matcher =
                Pattern.compile(pattern, Pattern.MULTILINE | Pattern.UNIX_LINES).matcher(text);
        List<String> matches = new ArrayList<>();
        int lastEnd = -1;
        while (matcher.find()) {
            if (matcher.end() > matcher.start() || matcher.start() != lastEnd) {
                matches.add(text.codePointCount(0, matcher.start()) + ":" + matcher.group());
            }
            lastEnd = matcher.end();
        }
        return matches;
    }

    @Test
    void findsWhatJavasMatcherFinds() {
        Random random = new Random(5);
        int compared = 0;
        for (int round = 0; round < 4_000; round++) {
            StringBuilder pattern = new StringBuilder();
            for (int count = 1 + random.nextInt(5); count > 0; count--) {
                String atom = ATOMS[random.nextInt(ATOMS.length)];
                boolean taking = !atom.equals("\\b") && !atom.matches("\\(\\?<?[=!].*");
                pattern.append(atom)
                        .append(taking ? REPETITIONS[random.nextInt(REPETITIONS.length)] : "")
                        .append(random.nextInt(5) == 0 && count > 1 ? "|" : "");
            }
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length > 0; length--) {
                text.append(LETTERS[random.nextInt(LETTERS.length)]);
            }
            assertEquals(
                    expected(pattern.toString(), text.toString()),
                    matches(pattern.toString(), text.toString()),
                    () -> pattern + " on " + text);
            compared++;
        }
        assertEquals(4_000, compared);
    }

    @Test
    void countsInBracesAreRepeatedByAPlusAsInOniguruma() {
        assertEquals(List.of("0:1234567"), matches("\\d{1,3}+", "1234567"));
        assertEquals(List.of("0:123", "3:456", "6:7"), matches("\\d{1,3}", "1234567"));
    }

    @Test
    void propertiesAndEscapes() {
        assertEquals(List.of("0:\u00C4", "2:B"), matches("\\p{Lu}", "\u00C4bB"));
        assertEquals(List.of("1:b"), matches("\\P{Uppercase_Letter}", "\u00C4bB"));
        assertEquals(List.of("0:\u4E2D"), matches("\\p{Han}+", "\u4E2Da"));
        assertEquals(List.of("1:a"), matches("[\\p{^Han}&&\\x{61}-\\x7A]", "\u4E2Da"));
        assertEquals(List.of("0:\u0000"), matches("\\p{Cc}", "\u0000\u200B"));
        assertEquals(List.of("1:\u200B"), matches("\\p{Cf}", "\u0000\u200B"));
        assertEquals(List.of("0:\uD83D\uDE42", "1:a"), matches(".", "\uD83D\uDE42a"));
        assertEquals(List.of("0:-]"), matches("[\\]\\-]+", "-]"));
        assertEquals(List.of("0:'\u017F"), matches("(?i:'s)", "'\u017F"), "the long s is an s in another case");
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        for (String pattern : new String[] {
            "(a",
            "a)",
            "[a",
            "[]",
            "a**?(",
            "\\1",
            "\\k<a>",
            "(?<n>a)",
            "(?:a?)*",
            "[[:alpha:]]",
            "\\p{Nonsense}",
            "*a",
            "a{3,2}",
            "a{2000}",
            "(?<=ab)",
            "a(?i)b",
            "[b-a]",
            "[a-\\d]",
            "\\",
            "\\G",
            "(?#x)",
            "\\x{110000}",
            "[a&&]",
            "(".repeat(50) + ")".repeat(50),
            "(?:(?:a{1000}){1000}){1000}",
            "a".repeat(5_000)
        }) {
            assertThrows(IllegalArgumentException.class, () -> PatternCompiler.compile(pattern), pattern);
        }
    }

    @Test
    void noTextTakesLong() {
        CodePoints text = CodePoints.of("a".repeat(1 << 14));
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            for (String pattern :
                    new String[] {"(?:a+)+b", "(?:a|a)*b", "(?:a*a*)+?b".replace("a*a*", "aa*a*"), "a*a*a*a*b"}) {
                PatternProgram program = PatternCompiler.compile(pattern);
                RequestException refusal = assertThrows(
                        RequestException.class, () -> program.find(text, 0, text.length(), new IntList(8)), pattern);
                assertTrue(refusal.getMessage().contains(pattern), refusal.getMessage());
            }
        });
    }
}
