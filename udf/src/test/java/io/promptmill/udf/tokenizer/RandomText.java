package io.promptmill.udf.tokenizer;

import java.util.Random;

/** Random texts of characters that pre-tokenizers treat differently. */
final class RandomText {
    private static final String[] PARTS = {
        " ",
        " ",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u00A0",
        "\u0085",
        "\u3000",
        "a",
        "b",
        "s",
        "t",
        "re",
        "LL",
        "D",
        "E",
        "'",
        "'",
        "'s",
        "'LL",
        "\u00E9",
        "\u00DF",
        "\u00C4",
        "\u0416",
        "\u044F",
        "\u01C5",
        "\u02B0",
        "\u4E2D",
        "\uD840\uDC0B",
        "\u30A2",
        "\uD55C",
        "\u0915",
        "\u0947",
        "\u0301",
        "0",
        "1",
        "23",
        "4567",
        "\u00BD",
        "\u0663",
        "\u2167",
        ".",
        ",",
        "!",
        "/",
        "(",
        "-",
        "_",
        "\u3002",
        "\u2026",
        "$",
        "+",
        "~",
        "`",
        "^",
        "|",
        "\u20AC",
        "\uD83D\uDE42",
        "\u200B",
        "\u0000",
        "\uE000",
        "\u0378",
        "<",
        ">"
    };

    private RandomText() {}

    static String of(Random random, int parts) {
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < parts; index++) {
            text.append(PARTS[random.nextInt(PARTS.length)]);
        }
        return text.toString();
    }

    /** Any code points, surrogates left out. */
    static String anyCodePoints(Random random, int length) {
        StringBuilder text = new StringBuilder();
        while (length > text.length()) {
            int codePoint = random.nextInt(random.nextBoolean() ? 0x300 : Character.MAX_CODE_POINT + 1);
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                text.appendCodePoint(codePoint);
            }
        }
        return text.toString();
    }
}
