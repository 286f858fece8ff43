package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Grammars in GBNF describe what an Earley recogniser of the same text recognises. */
class GbnfParserTest {
    private static final Path GRAMMARS = Path.of("src/test/resources/constraint/grammars");
    private static final String SPARE = " aAdDxz09-+*/=.,:;'\"\\()[]{}<>&|#\t\n\ré^漢👍";

    static Stream<Path> grammars() throws IOException {
        try (Stream<Path> files = Files.list(GRAMMARS)) {
            List<Path> grammars = files.sorted().toList();
            assertTrue(grammars.size() >= 20, "found " + grammars.size());
            return grammars.stream();
        }
    }

    @ParameterizedTest
    @MethodSource("grammars")
    void describesWhatIsRecognised(Path file) throws IOException {
        String source = Files.readString(file);
        Grammar grammar = GbnfParser.parse(source);
        assertEquals("root", grammar.root());
        GbnfMatcher expected = new GbnfMatcher(source);
        ExpressionMatcher matcher = new ExpressionMatcher(grammar);
        SplittableRandom random = new SplittableRandom(source.hashCode());
        ExpressionTexts texts = new ExpressionTexts(grammar, random);
        int rejected = 0;
        for (int round = 0; round < 200; round++) {
            String text = texts.next(round / 2);
            text = text.length() > 300 ? texts.next(0) : text;
            String shown = text;
            assertTrue(expected.matches(text), () -> "made '" + shown + "'");
            assertTrue(matcher.matches(text), () -> "made '" + shown + "'");
            String near = TextMutations.mutated(text, SPARE, random);
            boolean recognised = expected.matches(near);
            assertEquals(recognised, matcher.matches(near), () -> "near '" + near + "'");
            assertTrue(!recognised || expected.begins(near));
            rejected += recognised ? 0 : 1;
        }
        assertTrue(rejected > 10, "only " + rejected + " texts that are not described");
    }

    @Test
    void recogniserKnowsAFewTextsByHand() throws IOException {
        GbnfMatcher json = new GbnfMatcher(Files.readString(GRAMMARS.resolve("json.gbnf")));
        assertTrue(json.matches("{\"a\": [1, -2.5e3, {}],\n\"b\\u00e9\": null}"));
        assertFalse(json.matches("{\"a\": 01}"));
        assertFalse(json.matches("{\"a\": 1,}"));
        assertFalse(json.matches("{\"a\""));
        assertTrue(json.begins("{\"a\""));
        assertFalse(json.begins("{a"));
        GbnfMatcher palindromes = new GbnfMatcher(Files.readString(GRAMMARS.resolve("palindromes.gbnf")));
        assertTrue(palindromes.matches("") && palindromes.matches("abcba"));
        assertFalse(palindromes.matches("abca"));
        GbnfMatcher counts = new GbnfMatcher(Files.readString(GRAMMARS.resolve("equal-counts.gbnf")));
        assertTrue(counts.matches("aabbbcccdd"));
        assertFalse(counts.matches("aabbbccdd"));
        GbnfMatcher escapes = new GbnfMatcher(Files.readString(GRAMMARS.resolve("escapes.gbnf")));
        assertTrue(escapes.matches("\tA\u00e9k\\\"[]\n"));
        assertTrue(escapes.matches("[]--b") && escapes.matches("]+a") && escapes.matches("<\n>  "));
        assertFalse(escapes.matches("]-^"));
    }

    @Test
    void readsRepetitionsOfRepetitionsAndBlanksInCounts() {
        String source = "# begins\r\nroot ::= \"ab\"{ 1 , 2 }? x+*\t# ends\r\n\r\nx::=(\"x\"\n\n|\n\"y\")\n";
        ExpressionMatcher matcher = new ExpressionMatcher(GbnfParser.parse(source));
        GbnfMatcher expected = new GbnfMatcher(source);
        for (String text : List.of("", "ab", "abab", "ababab", "aab", "abxyx", "x", "y", "a", "abz")) {
            assertEquals(expected.matches(text), matcher.matches(text), text);
        }
        assertTrue(matcher.matches("ababxy"));
        assertFalse(matcher.matches("abb"));
    }
}
