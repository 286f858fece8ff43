package io.promptmill.udf.constraint.json;

import io.promptmill.udf.error.ConfigException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** JSON pointers (RFC 6901), by which schemas are named. */
final class Pointers {
    static final String ROOT = "";

    private Pointers() {}

    static String child(String pointer, String name) {
        return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    /** As messages show it. */
    static String shown(String pointer) {
        return pointer.isEmpty() ? "(root)" : pointer;
    }

    static ConfigException problem(String pointer, String what) {
        return new ConfigException("json_schema: " + shown(pointer) + ": " + what);
    }

    /**
     * The pointer behind a {@code $ref}, written as {@link #child} writes it.
     *
     * @param place of the {@code $ref}, for messages
     */
    static String of(String place, String reference) {
        if (!reference.equals("#") && !reference.startsWith("#/")) {
            throw problem(
                    place,
                    "$ref '" + reference + "' leads out of the schema or to a name; expected '#' or '#/' and a JSON"
                            + " pointer, such as '#/$defs/address'. Copy the schema under '$defs'");
        }
        String decoded = unescaped(place, reference.substring(1));
        String pointer = ROOT;
        for (String token :
                decoded.isEmpty() ? new String[0] : decoded.substring(1).split("/", -1)) {
            pointer = child(pointer, token.replace("~1", "/").replace("~0", "~"));
        }
        return pointer;
    }

    private static String unescaped(String place, String fragment) {
        try {
            return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw problem(
                    place, "$ref '#" + fragment + "' has a '%' without two hexadecimal digits; write it as '%25'");
        }
    }
}
