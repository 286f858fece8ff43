package io.promptmill.udf.constraint;

import io.promptmill.udf.constraint.json.SchemaGrammar;

/** JSON schemas. */
final class JsonSchemaParser {
    private JsonSchemaParser() {}

    /** The JSON texts that are valid under a schema; see {@link SchemaGrammar}. */
    static Grammar parse(String source) {
        return SchemaGrammar.parse(source, pattern -> RegexParser.automaton(pattern, false));
    }
}
