package io.promptmill.udf.constraint;

import static io.promptmill.udf.constraint.Expression.choice;
import static io.promptmill.udf.constraint.Expression.optional;
import static io.promptmill.udf.constraint.Expression.sequence;
import static io.promptmill.udf.constraint.Expression.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automata;
import org.junit.jupiter.api.Test;

/** Grammars that describe nothing that could be written, and those whose fault can be put right. */
class ConstraintRefusalTest {
    private static final ConstraintVocabulary BYTES = TestVocabulary.withBytes();

    @Test
    void refusesRulesThatDoNotExist() {
        refused("rule 'a' refers to rule 'b', which does not exist", Map.of("root", text("x"), "a", rule("b")));
        refused("has no rule 'root'", Map.of("a", text("x")));
    }

    @Test
    void refusesRulesThatBeginWithThemselvesThroughOthers() {
        Expression empty = optional(text("x"));
        refused(
                "begins with itself",
                Map.of(
                        "root",
                        rule("a"),
                        "a",
                        choice(sequence(rule("b"), text("x")), text("y")),
                        "b",
                        sequence(empty, rule("a"))));
        ConfigException refusal = refused(
                "write the repetition behind",
                Map.of(
                        "root", rule("first"),
                        "first", choice(sequence(empty, rule("second"), text("z")), text("f")),
                        "second", choice(sequence(rule("first"), text("y")), text("s"))));
        assertTrue(refusal.getMessage().startsWith("test: rule '"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("first -> second -> first")
                || refusal.getMessage().contains("second -> first -> second"));
    }

    @Test
    void readsRulesThatBeginWithThemselvesDirectly() {
        Map<String, Expression> sum = new LinkedHashMap<>();
        sum.put("root", choice(sequence(rule("root"), choice(text("+"), text("-")), rule("term")), rule("term")));
        sum.put("term", choice(text("1"), sequence(text("("), rule("root"), text(")"))));
        Constraint constraint = compile(sum);
        for (String text : List.of("1", "1+1", "1-1+1", "(1)+1", "1-(1+(1))-1")) {
            assertTrue(isText(constraint, text), text);
        }
        for (String text : List.of("", "+1", "1+", "11", "(1", "1)")) {
            assertEquals(false, isText(constraint, text), text);
        }
    }

    /** What no model can be held to is found without one, on the driver. */
    @Test
    void refusesWithoutAVocabulary() {
        Map.of(
                        "root ::= \"a\" root",
                        "grammar describes no text: every way through rule 'root'",
                        "root ::= a\na ::= b \"x\" | \"y\"\nb ::= a \"z\"",
                        "begins with itself")
                .forEach((source, expected) -> {
                    ConstraintSpec spec = new ConstraintSpec(ConstraintSpec.Kind.GRAMMAR, source);
                    spec.grammar();
                    ConfigException refusal = assertThrows(ConfigException.class, spec::check);
                    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
                });
        new ConstraintSpec(ConstraintSpec.Kind.GRAMMAR, "root ::= [a-z\u00e9] root | [\ud83d\ude00]").check();
    }

    @Test
    void refusesGrammarsWithoutTexts() {
        refused("describes no text", Map.of("root", sequence(text("("), rule("root"), text(")"))));
        refused("describes no text", Map.of("root", new Expression.Choice(List.of())));
        refused("describes no text", Map.of("root", sequence(text("a"), new Expression.Regular(Automata.makeEmpty()))));
        refused("describes no text", Map.of("root", new Expression.Regular(Automata.makeCharRange(0xD800, 0xDFFF))));
        refused("describes no text", Map.of("root", new Expression.Repetition(text("ab"), 2_000_000, 2_000_000)));
    }

    @Test
    void leavesOutAlternativesWithoutAnEnd() {
        Map<String, Expression> rules = new LinkedHashMap<>();
        rules.put("root", sequence(text("a"), choice(sequence(text("b"), rule("endless")), text("c"), rule("far"))));
        rules.put("endless", sequence(text("x"), rule("endless")));
        rules.put("far", new Expression.Repetition(text("d"), 2_000_000, Expression.UNBOUNDED));
        Constraint constraint = compile(rules);
        assertTrue(isText(constraint, "ac"));
        assertNull(constraint.start(false).after(bytes("ab")));
        assertNull(constraint.start(false).after(bytes("ad")));
        assertEquals("ac", new String(constraint.start(false).forced(), StandardCharsets.UTF_8));
    }

    @Test
    void refusesWhatIsNestedTooDeep() {
        Expression nested = text("x");
        for (int depth = 0; depth < 100_000; depth++) {
            nested = sequence(text("("), nested);
        }
        refused("nested more than 400 deep", Map.of("root", nested));
    }

    @Test
    void takesLongChainsOfRules() {
        Map<String, Expression> rules = new LinkedHashMap<>();
        for (int rule = 0; rule < 5_000; rule++) {
            rules.put("r" + rule, sequence(text("a"), optional(rule("r" + (rule + 1)))));
        }
        rules.put("r5000", text("b"));
        Constraint constraint = Constraint.compile(new Grammar("test", rules, "r0"), BYTES);
        assertTrue(isText(constraint, "a".repeat(5_000) + "b"));
        assertNull(constraint.start(false).after(bytes("a".repeat(5_001))));
    }

    @Test
    void readsWhatCannotBeMadeDeterministicOnAllWaysAtOnce() {
        Expression letter = new Expression.Regular(Automata.makeCharRange('a', 'b'));
        Expression any = new Expression.Repetition(letter, 0, Expression.UNBOUNDED);
        Expression tail = new Expression.Repetition(letter, 40, 40);
        Constraint constraint = compile(Map.of("root", sequence(any, text("a"), tail)));
        assertTrue(isText(constraint, "b".repeat(50) + "a" + "b".repeat(40)));
        assertTrue(isText(constraint, "ab".repeat(50) + "a" + "b".repeat(40)));
        assertEquals(false, isText(constraint, "a".repeat(50) + "b".repeat(41)));
        ConstraintState state = constraint.start(false);
        assertEquals(41, state.closingBytes());
    }

    @Test
    void costsNoMoreThanItsStatesWhereItIsAmbiguous() {
        Map<String, Expression> rules = new LinkedHashMap<>();
        rules.put("root", choice(rule("s"), rule("t")));
        Expression either = choice(rule("s"), rule("t"));
        rules.put("s", choice(sequence(text("("), either, text(")")), text("x")));
        rules.put("t", choice(sequence(text("("), either, text("]")), text("x")));
        Constraint constraint = compile(rules);
        ConstraintState deep = constraint.start(false).after(bytes("(".repeat(2000) + "x"));
        assertNotNull(deep);
        assertEquals(2000, deep.closingBytes());
        assertTrue(deep.after(bytes(")]]".repeat(666) + "])")).mustEnd());
    }

    private static boolean isText(Constraint constraint, String text) {
        ConstraintState state = constraint.start(false).after(bytes(text));
        return state != null && state.mayEnd();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Expression rule(String name) {
        return new Expression.Reference(name);
    }

    private static Constraint compile(Map<String, Expression> rules) {
        return Constraint.compile(new Grammar("test", rules, "root"), BYTES);
    }

    private static ConfigException refused(String part, Map<String, Expression> rules) {
        ConfigException refusal = assertThrows(ConfigException.class, () -> compile(rules));
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        return refusal;
    }
}
