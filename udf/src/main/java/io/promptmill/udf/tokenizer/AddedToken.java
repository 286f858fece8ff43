package io.promptmill.udf.tokenizer;

import java.util.Map;

/**
 * A token that is taken out of a text before its model sees it.
 *
 * @param singleWord whether it must not touch other letters
 * @param stripsLeft whether it swallows white space before it
 * @param stripsRight whether it swallows white space behind it
 * @param normalized whether it is searched in normalized text
 * @param special whether only a template may write it
 */
record AddedToken(
        int id,
        String content,
        boolean singleWord,
        boolean stripsLeft,
        boolean stripsRight,
        boolean normalized,
        boolean special) {
    private static final int MAXIMUM_LENGTH = 1024;
    /** Known ones have up to 40; every place of a prompt is compared with all of them. */
    private static final int MAXIMUM_SPECIAL_LENGTH = 256;

    /** One of the file's added tokens; where its model has the same token, the model's id counts. */
    static AddedToken read(JsonPlace place, int maximumId, Map<String, Integer> ofModel) {
        String content = place.at("content").text();
        boolean special = place.at("special").flagOr(false);
        int maximum = special ? MAXIMUM_SPECIAL_LENGTH : MAXIMUM_LENGTH;
        if (content.length() > maximum) {
            throw place.at("content").problem("has " + content.length() + " characters; expected at most " + maximum);
        }
        return new AddedToken(
                ofModel.getOrDefault(content, place.at("id").integer(0, maximumId)),
                content,
                place.at("single_word").flagOr(false),
                place.at("lstrip").flagOr(false),
                place.at("rstrip").flagOr(false),
                place.at("normalized").flagOr(!special),
                special);
    }

    /** A token of the model that no file lists as added, such as an end of text by its spelling. */
    static AddedToken plain(int id, String content) {
        return new AddedToken(id, content, false, false, false, false, true);
    }
}
