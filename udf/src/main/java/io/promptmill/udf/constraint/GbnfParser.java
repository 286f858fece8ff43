package io.promptmill.udf.constraint;

/** Grammars in the GBNF notation. */
final class GbnfParser {
    private GbnfParser() {}

    static Grammar parse(String source) {
        throw new UnsupportedOperationException();
    }
}
