package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceParserTest {
    @Test
    void describesTheTextsAndNoOthers() {
        Grammar grammar = ChoiceParser.parse(" [\"yes\", \"yes, but\", \" \", \"n\\u00f6\\n\", \"\\uD83D\\uDE00\"] ");
        assertEquals("choice", grammar.origin());
        ExpressionMatcher matcher = new ExpressionMatcher(grammar);
        for (String text : List.of("yes", "yes, but", " ", "n\u00F6\n", "\uD83D\uDE00")) {
            assertTrue(matcher.matches(text), text);
        }
        for (String text : List.of("", "ye", "yes ", "Yes", "yes, butyes", "  ")) {
            assertFalse(matcher.matches(text), text);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " ~~ ", quoteCharacter = '\u0001', textBlock = """
            [] ~~ the choices are '[]'; expected a JSON array with at least one text, as ["yes", "no"]
            "yes" ~~ the choices are '"yes"'; expected a JSON array with at least one text, as ["yes", "no"]
            {"a": "b"} ~~ the choices are '{"a": "b"}'; expected a JSON array with at least one text, as ["yes", "no"]
            ["a", ""] ~~ the choice at index 1 is empty; expected at least one character
            ["a", "b", "a"] ~~ the choice at index 2, 'a', is the one at index 0 again; remove one
            ["a", 1] ~~ the choice at index 1 is 1; expected a text in double quotes
            [null] ~~ the choice at index 0 is null; expected a text in double quotes
            [["a"]] ~~ the choice at index 0 is ["a"]; expected a text in double quotes
            ["a\\uD83D"] ~~ the choice at index 0 has half of a surrogate pair, which is no character
            """)
    void namesTheIndex(String source, String message) {
        Refusals.assertRefused(ChoiceParser::parse, source, message);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " ~~ ", quoteCharacter = '\u0001', textBlock = """
            ["a" ~~ the choices are no JSON (
            yes, no ~~ the choices are no JSON (
            ["a"] x ~~ the choices are no JSON (
            """)
    void refusesWhatIsNoJson(String source, String beginning) {
        String message = Refusals.message(ChoiceParser::parse, source);
        assertTrue(message.startsWith(beginning), message);
        assertTrue(message.endsWith("); expected an array of texts, as [\"yes\", \"no\"]"), message);
    }

    @Test
    void refusesWhatIsEmptyOrDeep() {
        Refusals.assertRefused(
                ChoiceParser::parse,
                "",
                "the choices are ''; expected a JSON array with at least one text, as [\"yes\", \"no\"]");
        String deep = Refusals.message(ChoiceParser::parse, "[".repeat(100_000));
        assertTrue(deep.startsWith("the choices are no JSON ("), deep);
    }
}
