package io.promptmill.udf.constraint;

/** Regular expressions. */
final class RegexParser {
    private RegexParser() {}

    static Grammar parse(String source) {
        throw new UnsupportedOperationException();
    }
}
