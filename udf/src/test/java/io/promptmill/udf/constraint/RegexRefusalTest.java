package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What regular expressions are refused, and what single notations mean. */
class RegexRefusalTest {
    @ParameterizedTest
    @CsvSource(delimiterString = " ~~ ", quoteCharacter = '\u0001', textBlock = """
            ab( ~~ a '(' is not closed; expected ')' at the end of the group, at character 2
            a)b ~~ a ')' closes no group; write \\) for the character, at character 1
            x[ab ~~ a '[' is not closed; expected ']' at the end of the set, at character 1
            x[^ab ~~ a '[' is not closed; expected ']' at the end of the set, at character 1
            x[a- ~~ a '[' is not closed; expected ']' at the end of the set, at character 1
            a] ~~ a ']' closes nothing; write \\] for the character, at character 1
            a} ~~ a '}' closes nothing; write \\} for the character, at character 1
            [] ~~ a set begins with ']', which dialects read differently; write \\] for it, at character 1
            [^]a] ~~ a set begins with ']', which dialects read differently; write \\] for it, at character 2
            [a[b]] ~~ a '[' stands in a set, which dialects read differently; write \\[ for it, at character 2
            [[:alpha:]] ~~ sets of the form [:name:] are not supported; write the range, as in [a-z], at character 1
            [a&&b] ~~ '&&' stands in a set, which dialects read differently; write \\& for '&', at character 2
            [z-a] ~~ the range 'z-a' ends before it begins, at character 1
            [a-\\d] ~~ a range ends in a set; write \\- for the character '-', at character 3
            |*a ~~ nothing stands before a repetition; write \\* for the character, at character 1
            {"a": 1} ~~ nothing stands before a repetition; write \\{ for the character, at character 0
            a{,3} ~~ a '{' begins no count; expected {n}, {n,} or {n,m}, or \\{ for the character, at character 1
            a{b} ~~ a '{' begins no count; expected {n}, {n,} or {n,m}, or \\{ for the character, at character 1
            a{3,2} ~~ the count {3,2} ends before it begins, at character 1
            a{1001} ~~ the count {1001} is too large; expected at most 1000, at character 1
            a{99999999999} ~~ the count {99999999999} is too large; expected at most 1000, at character 1
            a++ ~~ possessive repetitions are not supported: they match what no automaton tells; leave out the '+', at character 2
            a{2}+ ~~ possessive repetitions are not supported: they match what no automaton tells; leave out the '+', at character 4
            a** ~~ a repetition is repeated; put what comes before into a group, (?:...), at character 2
            a+{2} ~~ a repetition is repeated; put what comes before into a group, (?:...), at character 2
            a??? ~~ a repetition is repeated; put what comes before into a group, (?:...), at character 3
            ^* ~~ '^' or '$' is repeated; write \\^ or \\$ for the character, at character 1
            \u6F22\uD83D\uDE00(?=b) ~~ looking ahead, (?=...), is not supported; spell out what may follow, at character 2
            a(?!b) ~~ looking ahead, (?!...), is not supported; spell out what may follow, at character 1
            (?<=a)b ~~ looking behind, (?<=...), is not supported; spell out what may stand before, at character 0
            (?<!a)b ~~ looking behind, (?<!...), is not supported; spell out what may stand before, at character 0
            (?>a) ~~ atomic groups, (?>...), are not supported; write (?:...), at character 0
            (a)(?(1)b) ~~ conditionals, (?(...)...), are not supported; write alternatives, at character 3
            (?#x) ~~ comments, (?#...), are not supported; leave them out, at character 0
            (?P<a>b)(?P=a) ~~ back references, (?P=name), are not supported: no automaton tells them, at character 8
            (?P>a) ~~ recursion, (?P>name), is not supported; use a grammar, at character 0
            (?R) ~~ recursion, (?R), is not supported; use a grammar, at character 0
            (?s).* ~~ a group of this kind is not supported; expected (...), (?:...), (?<name>...) or (?i:...), at character 0
            a(?i)b ~~ (?i) stands behind something else; put it first, or write (?i:...), at character 1
            (*FAIL) ~~ verbs, (*...), are not supported; write \\* for the character, at character 0
            (?<1>a) ~~ expected the name of a group, of letters and digits of ASCII, and '>', at character 3
            (a)\\1 ~~ back references (\\1) are not supported: no automaton tells them, at character 3
            \\k<a> ~~ back references (\\k) are not supported: no automaton tells them, at character 0
            \\bword ~~ word boundaries (\\b) are not supported; spell out what stands there, at character 0
            \\Aa ~~ the escape \\A is not supported; write ^ for the beginning of the text, at character 0
            a\\z ~~ the escape \\z is not supported; write $ for the end of the text, at character 1
            \\Q ~~ the escape \\Q is not supported; expected one of \\d \\w \\s \\D \\W \\S \\p \\P \\t \\n \\r \\f \\v \\0 \\x \\u \\c, or a punctuation character, at character 0
            a\\ ~~ a '\\' stands at the end; expected the character that it escapes, at character 1
            \\012 ~~ octal escapes are not supported; write \\xHH, at character 0
            \\c1 ~~ '\\c' is not followed by a letter of ASCII, at character 0
            \\xg0 ~~ '\\x' is not followed by 2 hexadecimal digits, at character 0
            \\u12 ~~ '\\u12' is not followed by 4 hexadecimal digits, at character 0
            \\u{} ~~ '\\u{' is not followed by hexadecimal digits and '}', at character 0
            \\u{110000} ~~ '\\u{110000' is beyond the last code point, 10FFFF, at character 0
            \\uD83Dx ~~ '\\uD83D' is half of a surrogate pair, which is no character, at character 0
            \\p{Klingon} ~~ the property 'Klingon' is unknown; expected a general category, as \\p{L} or \\p{Lu}, or a script, as \\p{Script=Greek}, at character 0
            a\\p{L ~~ a property is not closed; expected \\p{L} or the like, at character 1
            """)
    void namesPlaceAndRemedy(String regex, String message) {
        Refusals.assertRefused(
                RegexParser::parse, regex, "the regular expression '" + regex + "': " + message + " (counted from 0)");
    }

    @Test
    void refusesWhatMatchesNothing() {
        for (String regex : List.of("a^b", "a$b", "[^\\s\\S]", "x(?:b^|$c)")) {
            Refusals.assertRefused(
                    RegexParser::parse,
                    regex,
                    "the regular expression '" + regex + "': no text matches it; look for a '^' that does not stand at"
                            + " the beginning, or a '$' that does not stand at the end");
            assertTrue(Operations.isEmpty(RegexParser.automaton(regex, false)));
        }
        assertTrue(Operations.isEmpty(RegexParser.automaton("a^b", true)));
    }

    @Test
    void refusesWhatIsTooLarge() {
        List<String> tooLarge = List.of(
                "(a|b)*a(a|b){30}",
                "((a{1000}){1000}){1000}",
                "(".repeat(65) + ")".repeat(65),
                "(".repeat(4000),
                "a".repeat(4097),
                "[a-z]{1000}|".repeat(25),
                "(?:x|[a-z]?.)?".repeat(290),
                "(?:" + "\\p{L}?\\p{N}?".repeat(300) + "){1,20}",
                "["
                        + List.of(Character.UnicodeScript.values()).stream()
                                .limit(17)
                                .map(script -> "\\p{" + script + "}")
                                .reduce("", String::concat)
                        + "]");
        for (String regex : tooLarge) {
            String message = Refusals.message(RegexParser::parse, regex);
            assertTrue(message.startsWith("the regular expression '") && message.length() < 500, message);
        }
        assertEquals(
                "the regular expression '(a|b)*a(a|b){30}': it needs too large an automaton, as expressions do that count"
                        + " what may begin anywhere, such as (a|b)*a(a|b){30}; lower the counts, or make neighbouring"
                        + " parts begin differently",
                Refusals.message(RegexParser::parse, "(a|b)*a(a|b){30}"));
    }

    @Test
    void survivesRandomText() {
        SplittableRandom random = new SplittableRandom(11);
        String signs = "()[]{}|*+?^$.\\-,:=!<>&ipPxuc0123aLZ\uD800";
        int parsed = 0;
        for (int round = 0; round < 3000; round++) {
            StringBuilder regex = new StringBuilder();
            for (int length = random.nextInt(12); length >= 0; length--) {
                regex.append(signs.charAt(random.nextInt(signs.length())));
            }
            try {
                RegexParser.automaton(regex.toString(), random.nextBoolean());
                parsed++;
            } catch (ConfigException refused) {
                assertTrue(refused.getMessage().contains(regex), refused.getMessage());
            }
        }
        assertTrue(parsed > 100, "parsed " + parsed);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " ~~ ", quoteCharacter = '\u0001', textBlock = """
            \\0 ~~ 0
            \\x41 ~~ 41
            \\u00e9 ~~ E9
            \\u{1F600} ~~ 1F600
            \\uD83D\\uDE00 ~~ 1F600
            \\cJ ~~ A
            \\cj ~~ A
            \\v ~~ B
            \\/ ~~ 2F
            \\- ~~ 2D
            [.] ~~ 2E
            [\\^] ~~ 5E
            \\p{Zl} ~~ 2028
            """)
    void escapesMeanOneCharacter(String regex, String codePoint) {
        assertEquals(List.of(Integer.parseInt(codePoint, 16)), members(RegexParser.automaton(regex, true)));
    }

    @Test
    void ignoresTheCaseOfAsciiAlone() {
        Automaton automaton = RegexParser.automaton("(?i)[a-cK]é(?:x|[^y])", true);
        for (String text : List.of("aéx", "Cé-", "kéX", "KéZ")) {
            assertTrue(Operations.run(automaton, text), text);
        }
        for (String text : List.of("\u212Aéx", "aÉx", "aéY", "aéy")) {
            assertFalse(Operations.run(automaton, text), text);
        }
        Automaton group = RegexParser.automaton("(?i:a|b)c", true);
        assertTrue(Operations.run(group, "Bc"));
        assertFalse(Operations.run(group, "bC"));
    }

    @Test
    void propertiesGoByCategoryAndScript() {
        for (String same : List.of("\\p{Script=Greek}", "\\p{sc=grek}", "\\p{IsGreek}", "\\p{Greek}")) {
            Automaton greek = RegexParser.automaton(same, true);
            assertTrue(Operations.run(greek, "λ") && !Operations.run(greek, "l"), same);
        }
        for (String same : List.of("\\p{Lu}", "\\p{gc=Lu}", "\\p{Uppercase_Letter}", "\\P{Lu}")) {
            Automaton upper = RegexParser.automaton(same, true);
            assertEquals(!same.equals("\\P{Lu}"), Operations.run(upper, "É"), same);
            assertEquals(same.equals("\\P{Lu}"), Operations.run(upper, "é"), same);
        }
        assertTrue(Operations.run(RegexParser.automaton("\\pL\\PL", true), "é1"));
    }

    @Test
    void wholeTextsAreOneRegularExpression() {
        Grammar grammar = RegexParser.parse("a.b|^c$");
        assertEquals("regex", grammar.origin());
        ExpressionMatcher matcher = new ExpressionMatcher(grammar);
        for (String text : List.of("a\tb", "a\0b", "a\uD83D\uDE00b", "c")) {
            assertTrue(matcher.matches(text), text);
        }
        for (String text : List.of("a\nb", "a\rb", "a\u0085b", "a\u2028b", "a\u2029b", "xa-b", "c\n", "")) {
            assertFalse(matcher.matches(text), text);
        }
    }

    @Test
    void noAutomatonHasSurrogates() {
        for (String regex : List.of(".", "[^a]*", "\\S+", "\\P{L}", "[\\uD700-\\uE100]", "\\p{Cs}?", "a|\\W")) {
            for (boolean anchored : new boolean[] {true, false}) {
                Automaton automaton = RegexParser.automaton(regex, anchored);
                for (Transition transition : transitions(automaton)) {
                    assertTrue(transition.max < 0xD800 || transition.min > 0xDFFF, regex);
                }
            }
        }
    }

    private static List<Transition> transitions(Automaton automaton) {
        List<Transition> transitions = new ArrayList<>();
        for (Transition[] ofState : automaton.getSortedTransitions()) {
            transitions.addAll(List.of(ofState));
        }
        return transitions;
    }

    private static List<Integer> members(Automaton automaton) {
        return transitions(automaton).stream()
                .flatMap(range -> List.of(range.min, range.max).stream())
                .distinct()
                .toList();
    }
}
