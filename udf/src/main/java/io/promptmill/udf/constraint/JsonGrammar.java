package io.promptmill.udf.constraint;

import io.promptmill.udf.constraint.json.JsonLexicon;

/** The grammar of JSON itself. */
final class JsonGrammar {
    private JsonGrammar() {}

    /** Any JSON object, without white space but for one optional space behind colons and commas. */
    static Grammar anyObject() {
        return JsonLexicon.anyObject();
    }
}
