package io.promptmill.udf.constraint;

/** The grammar of JSON itself. */
final class JsonGrammar {
    private JsonGrammar() {}

    static Grammar anyObject() {
        throw new UnsupportedOperationException();
    }
}
