package io.promptmill.udf.prompt.template;

/**
 * A stretch of template source.
 *
 * @param text plain text with whitespace control applied, or what stands between the delimiters, trimmed
 * @param line of the first character, from 1
 * @param column of the first character, from 1
 */
record TemplatePiece(Kind kind, String text, int line, int column) {

    enum Kind {
        TEXT,
        EXPRESSION,
        STATEMENT
    }
}
