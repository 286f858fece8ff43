package io.promptmill.udf.constraint;

/** JSON schemas. */
final class JsonSchemaParser {
    private JsonSchemaParser() {}

    static Grammar parse(String source) {
        throw new UnsupportedOperationException();
    }
}
