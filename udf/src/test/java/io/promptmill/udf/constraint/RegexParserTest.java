package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What automata of regular expressions accept is what {@link Pattern} matches. */
class RegexParserTest {
    private static final Path REGEXES = Path.of("src/test/resources/constraint/regexes.txt");
    private static final String CARD = "(?:4\\d{3}|5[1-5]\\d{2})(?:[ -]?\\d{4}){3}";
    private static final String SPARE = " aAbBkKzZ09_-.,:/\\\"'()[]{}<>#\t\n\r\0éßЖ漢\u2028\u00A0\uD83D\uDE00";

    static Stream<String> regexes() throws IOException {
        List<String> regexes = Files.readAllLines(REGEXES).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("# "))
                .toList();
        assertTrue(regexes.size() >= 40, "found " + regexes.size());
        return regexes.stream();
    }

    @ParameterizedTest
    @MethodSource("regexes")
    void acceptsWhatMatches(String regex) {
        Automaton automaton = RegexParser.automaton(regex, true);
        assertTrue(automaton.isDeterministic());
        Pattern pattern = Pattern.compile(regex);
        AutomatonTexts texts = new AutomatonTexts(automaton);
        SplittableRandom random = new SplittableRandom(regex.hashCode());
        int rejected = 0;
        for (int round = 0; round < 400; round++) {
            String text = texts.random(random, 1 + round / 10);
            assertTrue(pattern.matcher(text).matches(), () -> "generated '" + text + "'");
            String near = TextMutations.mutated(text, SPARE + regex, random);
            boolean matches = pattern.matcher(near).matches();
            assertEquals(matches, Operations.run(automaton, near), () -> "near '" + near + "'");
            rejected += matches ? 0 : 1;
        }
        assertTrue(rejected > 20, "only " + rejected + " texts that do not match");
    }

    @ParameterizedTest
    @MethodSource("regexes")
    void searchesAsFindDoes(String regex) {
        if (regex.equals(CARD)) {
            // A number may begin in the middle of another, and separators tell which of them go on.
            assertThrows(ConfigException.class, () -> RegexParser.automaton(regex, false));
            return;
        }
        Automaton automaton = RegexParser.automaton(regex, false);
        Pattern pattern = Pattern.compile(regex);
        AutomatonTexts whole = new AutomatonTexts(RegexParser.automaton(regex, true));
        SplittableRandom random = new SplittableRandom(regex.hashCode());
        for (int round = 0; round < 200; round++) {
            String text = TextMutations.mutated(whole.random(random, 1 + round / 10), SPARE, random);
            assertEquals(pattern.matcher(text).find(), Operations.run(automaton, text), () -> "'" + text + "'");
        }
    }

    @Test
    void agreesOnAllShortTexts() {
        SplittableRandom random = new SplittableRandom(7);
        List<String> texts = shortTexts("abc", 6);
        for (int round = 0; round < 600; round++) {
            RandomRegex regex = RandomRegex.of(random, 4);
            Pattern pattern = Pattern.compile(regex.source());
            Automaton whole = RegexParser.automaton(regex.source(), true);
            Automaton search = RegexParser.automaton(regex.source(), false);
            for (String text : texts) {
                String place = regex.source() + " on '" + text + "'";
                boolean matches = regex.matches(text);
                boolean found = regex.isFoundIn(text);
                assertEquals(matches, Operations.run(whole, text), place);
                assertEquals(found, Operations.run(search, text), place);
                if (!regex.repeatsEmpty()) {
                    assertEquals(matches, pattern.matcher(text).matches(), place);
                    assertEquals(found, pattern.matcher(text).find(), place);
                }
            }
        }
    }

    private static List<String> shortTexts(String alphabet, int longest) {
        List<String> texts = new ArrayList<>(List.of(""));
        for (int at = 0; texts.get(at).length() < longest; at++) {
            for (int index = 0; index < alphabet.length(); index++) {
                texts.add(texts.get(at) + alphabet.charAt(index));
            }
        }
        return texts;
    }
}
