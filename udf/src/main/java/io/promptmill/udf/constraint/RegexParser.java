package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.RegExp;

/** Regular expressions. */
final class RegexParser {
    private RegexParser() {}

    static Grammar parse(String source) {
        throw new UnsupportedOperationException();
    }

    static Automaton automaton(String pattern, boolean anchored) {
        boolean start = pattern.startsWith("^");
        boolean end = pattern.endsWith("$") && !pattern.endsWith("\\$");
        String body = pattern.substring(start ? 1 : 0, pattern.length() - (end ? 1 : 0));
        Automaton inner;
        try {
            inner = new RegExp(body.replace("(?:", "("), RegExp.NONE).toAutomaton();
        } catch (IllegalArgumentException e) {
            throw new ConfigException("regex: " + e.getMessage(), e);
        }
        if (!anchored && !start) {
            inner = Operations.concatenate(Automata.makeAnyString(), inner);
        }
        if (!anchored && !end) {
            inner = Operations.concatenate(inner, Automata.makeAnyString());
        }
        return Operations.determinize(inner, 1_000_000);
    }
}
