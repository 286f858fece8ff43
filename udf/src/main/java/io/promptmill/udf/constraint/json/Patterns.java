package io.promptmill.udf.constraint.json;

import org.apache.lucene.util.automaton.Automaton;

/** Reads the regular expressions of schemas. */
@FunctionalInterface
public interface Patterns {
    /**
     * The strings, by code points, in which the pattern is found somewhere.
     *
     * @throws io.promptmill.udf.error.ConfigException where it does not parse
     */
    Automaton search(String pattern);
}
