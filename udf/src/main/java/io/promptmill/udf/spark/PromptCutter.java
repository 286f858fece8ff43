package io.promptmill.udf.spark;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptSpec.Overlong;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Shortens the texts that a row brings until their prompt fits. What it keeps depends on the row alone. Immutable. */
final class PromptCutter {
    /** Tokens of a prompt that may be left unused: to find the last of them takes as many encodings again. */
    private static final int SLACK = 2;

    private static final int ENCODINGS = 24;

    private final Overlong side;
    private final Function<List<String>, int[]> encode;
    private final int room;

    /**
     * @param side what is cut off
     * @param encode a prompt with these texts
     * @param room tokens that the prompt may have
     */
    PromptCutter(Overlong side, Function<List<String>, int[]> encode, int room) {
        this.side = side;
        this.encode = encode;
        this.room = room;
    }

    /**
     * The tokens of the prompt with its longest text cut or, where that is not enough, with a character left of it and the next
     * one cut, and so on.
     *
     * @throws RequestException where the prompt does not fit with a character left of each text
     */
    int[] cut(List<String> texts, int[] whole) {
        List<String> left = new ArrayList<>(texts);
        int[] longer = whole;
        for (int round = 0; round < texts.size(); round++) {
            int longest = longest(left);
            String text = left.get(longest);
            // Templates may refuse a text that is empty.
            left.set(longest, kept(text, text.codePointCount(0, text.length()), Math.min(1, text.length())));
            int[] without = encode.apply(left);
            if (without.length <= room) {
                return cut(left, longest, text, without, longer.length);
            }
            longer = without;
        }
        throw new RequestException(
                ErrorCategory.PROMPT_TOO_LONG,
                "the prompt has " + longer.length + " tokens without the texts of the row, and " + room
                        + " fit into the context beside the completion. Shorten the template, the system text or"
                        + " max_tokens");
    }

    /** Searches between what fits and what does not, where the ratio of tokens to characters says. */
    private int[] cut(List<String> texts, int index, String text, int[] fitting, int tokensOfAll) {
        int all = text.codePointCount(0, text.length());
        int least = Math.min(1, all);
        int most = all;
        int tokensOfMost = tokensOfAll;
        int[] best = fitting;
        for (int tries = 0; tries < ENCODINGS && most - least > 1 && room - best.length > SLACK; tries++) {
            double share = (double) (room - best.length) / Math.max(1, tokensOfMost - best.length);
            // Where characters are not spread evenly, halving finds what the ratio misses.
            double guess = tries % 3 == 2 ? 0.5 : share;
            int keep = least + (int) Math.min(most - least - 1.0, Math.max(1, guess * (most - least)));
            texts.set(index, kept(text, all, keep));
            int[] tokens = encode.apply(texts);
            if (tokens.length <= room) {
                least = keep;
                best = tokens;
            } else {
                most = keep;
                tokensOfMost = tokens.length;
            }
        }
        return best;
    }

    private String kept(String text, int all, int keep) {
        int before = switch (side) {
            case TRUNCATE_LEFT -> 0;
            case TRUNCATE_MIDDLE -> (keep + 1) / 2;
            default -> keep;
        };
        int after = keep - before;
        return text.substring(0, text.offsetByCodePoints(0, before))
                + text.substring(text.offsetByCodePoints(0, all - after));
    }

    private static int longest(List<String> texts) {
        int longest = 0;
        for (int i = 1; i < texts.size(); i++) {
            if (texts.get(i).length() > texts.get(longest).length()) {
                longest = i;
            }
        }
        return longest;
    }
}
