package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What grammars are refused. In the tables, a {@code ¶} is the end of a line. */
class GbnfRefusalTest {
    @ParameterizedTest
    @CsvSource(delimiterString = " ~~ ", quoteCharacter = '\u0001', textBlock = """
            root ::= "a" expresion¶expression ::= "b" ~~ the rule 'expresion' is not defined; did you mean 'expression'? expected a line 'expresion ::= ...', at line 1, column 14
            root ::= (x |¶  q)¶x ::= "b" ~~ the rule 'q' is not defined; did you mean 'x'? expected a line 'q ::= ...', at line 2, column 3
            root ::= "a"¶¶b ::= "b"¶root ::= "c" ~~ the rule 'root' is defined twice; remove one, or give it another name, at line 4, column 1
            root ::= "a"¶ | "b" ~~ a line begins with '|'; put it at the end of the line before, or the alternatives into a group, at line 2, column 2
            root = "a" ~~ expected '::=' behind the name 'root', at line 1, column 6
            root ::= "a"¶_x ::= "b" ~~ expected the name of a rule, of letters, digits and '-', at line 2, column 1
            root ::= my_rule ~~ names are of letters, digits and '-', at line 1, column 12
            root ::= "a ~~ a text is not closed; expected '"' at its end, at line 1, column 10
            root ::= [a-z ~~ a class is not closed; expected ']' at its end, at line 1, column 10
            root ::= [a- ~~ a class is not closed; expected ']' at its end, at line 1, column 10
            root ::= [^] ~~ the class [^] is empty; expected characters in it, or '.' for any; write \\] for the character ']', at line 1, column 10
            root ::= [z-a] ~~ the range 'z-a' ends before it begins, at line 1, column 11
            root ::= ("a" ("b")¶¶ ~~ a '(' is not closed; expected ')' at the end of the group, at line 1, column 10
            root ::= "a") ~~ a ')' closes no group, at line 1, column 13
            root ::= "a"] ~~ a ']' closes nothing, at line 1, column 13
            root ::= 'a' ~~ texts stand in double quotes, not in single ones, at line 1, column 10
            root ::= "é漢👍" & "b" ~~ '&' begins nothing; expected a text in double quotes, a class in brackets, '.', '(', the name of a rule, '|', a repetition, or the end of the line, at line 1, column 16
            root ::= "a" b ::= "c" ~~ a ':' stands within a rule; expected the line to end before the next rule, at line 1, column 16
            root ::= "\\d" ~~ the escape '\\d' is unknown; expected one of \\n \\r \\t \\\\ \\" \\[ \\] \\xHH \\uHHHH \\UHHHHHHHH, at line 1, column 11
            root ::= "\\x4" ~~ '\\x4' is not followed by 2 hexadecimal digits, at line 1, column 11
            root ::= "\\uD83D" ~~ '\\uD83D' is half of a surrogate pair, which is no character; write \\UHHHHHHHH with its code point, at line 1, column 11
            root ::= [\\UFFFFFFFF] ~~ '\\UFFFFFFFF' is beyond the last code point, 10FFFF, at line 1, column 11
            root ::= * ~~ nothing stands before the repetition '*', at line 1, column 10
            root ::= "a" | {2} ~~ nothing stands before the repetition '{', at line 1, column 16
            root ::= "a"{,2} ~~ a count has no number; expected {m}, {m,} or {m,n}, at line 1, column 13
            root ::= "a"{2 ~~ a count is not closed; expected {m}, {m,} or {m,n}, at line 1, column 13
            root ::= "a"{2;3} ~~ a count is not closed; expected {m}, {m,} or {m,n}, at line 1, column 13
            root ::= "a"{3,2} ~~ the count {3,2} ends before it begins, at line 1, column 13
            root ::= "a"{2001} ~~ the count 2001 is too large; expected at most 2000, or * for any number, at line 1, column 13
            root ::= <think> .* ~~ references to tokens, such as <think>, <[1000]> and !<think>, are not supported; write what their text may be, at line 1, column 10
            root ::= "a" <[1000]> ~~ references to tokens, such as <think>, <[1000]> and !<think>, are not supported; write what their text may be, at line 1, column 14
            root ::= (!<[7]>)* ~~ references to tokens, such as <think>, <[1000]> and !<think>, are not supported; write what their text may be, at line 1, column 11
            Root ::= "a"¶b ::= "c" ~~ it has no rule 'root', which describes whole texts; did you mean 'Root'? rules are: Root, b
            ¶# nothing ~~ it has no rule 'root', which describes whole texts; rules are: none
            """)
    void namesPlaceAndRemedy(String grammar, String message) {
        Refusals.assertRefused(GbnfParser::parse, grammar.replace('¶', '\n'), "the grammar: " + message);
    }

    @Test
    void refusesWhatIsTooLarge() {
        String root = "root ::= ";
        List<String> tooLarge = List.of(
                root + "\"" + "a".repeat(1 << 18) + "\"",
                root + "(".repeat(65) + "\"a\"" + ")".repeat(65),
                root + "(".repeat(200_000),
                root + "\"a\"{2000}{2000}{2000}{2000}{2000}{2000}{2000}",
                root + "(((\"a\"{2000}){2000}){2000}){2000}",
                root + "(" + "\"a\" ".repeat(2000) + "){100}",
                root + "x".repeat(129),
                root + "\"a\"{0}".repeat(1000) + "|\"\"".repeat(80_000) + "(((",
                root + "[^a]".repeat(60_000) + "{2000}{2000}");
        for (String grammar : tooLarge) {
            String message = Refusals.message(GbnfParser::parse, grammar);
            assertTrue(message.startsWith("the grammar") && message.length() < 300, message);
        }
    }

    @Test
    void survivesRandomText() {
        SplittableRandom random = new SplittableRandom(5);
        String signs = "ro-19|*+?{},()[]\"\\.#^<!_:= \n\r\tnxuU\uD800é";
        int parsed = 0;
        for (int round = 0; round < 5000; round++) {
            StringBuilder grammar = new StringBuilder("root ::=");
            for (int length = random.nextInt(10); length >= 0; length--) {
                grammar.append(signs.charAt(random.nextInt(signs.length())));
            }
            try {
                GbnfParser.parse(grammar.toString());
                parsed++;
            } catch (ConfigException refused) {
                assertTrue(refused.getMessage().contains(", at line "), refused.getMessage());
            }
        }
        assertTrue(parsed > 50, "parsed " + parsed);
    }
}
