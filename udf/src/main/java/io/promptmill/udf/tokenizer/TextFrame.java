package io.promptmill.udf.tokenizer;

import java.util.Set;

/**
 * What goes around a text.
 *
 * @param begin the begin-of-text token, -1 without one
 * @param end the end-of-text token, -1 without one
 * @param addsBegin whether texts begin with {@code begin}
 * @param addsEnd whether texts end with {@code end}
 * @param stripping tokens that swallow the white space behind them
 */
record TextFrame(int begin, int end, boolean addsBegin, boolean addsEnd, Set<Integer> stripping) {

    boolean stripsAfter(int token) {
        return stripping.contains(token);
    }
}
