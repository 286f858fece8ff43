package io.promptmill.udf.tokenizer;

/** One pass of a pre-tokenizer, which cuts a piece of text into smaller ones in linear time. Stateless, thread-safe. */
@FunctionalInterface
interface SplitStage {

    /** Appends the end of every part of {@code [start, end)} to {@code ends}, in order; the last one is {@code end}. */
    void split(CodePoints text, int start, int end, IntList ends);

    /**
     * Goes through a piece from left to right. Where a rule matches (the first one wins), the match is a part of its
     * own; what lies between two matches is one part as well.
     */
    static SplitStage of(SplitRule... rules) {
        return (text, start, end, ends) -> {
            int unmatched = start;
            int position = start;
            while (position < end) {
                int match = firstMatch(rules, text, position, end);
                if (match == SplitRule.NO_MATCH) {
                    position++;
                    continue;
                }
                if (position > unmatched) {
                    ends.add(position);
                }
                ends.add(match);
                position = match;
                unmatched = match;
            }
            if (unmatched < end) {
                ends.add(end);
            }
        };
    }

    /** {@code \s+$}: cuts off the white space at the end. */
    static SplitStage trailingSpaces() {
        return (text, start, end, ends) -> {
            int last = end;
            while (last > start && (text.kind(last - 1) & CharacterKind.SPACE) != 0) {
                last--;
            }
            if (last > start && last < end) {
                ends.add(last);
            }
            ends.add(end);
        };
    }

    /** {@code (?=(\d{3})+(?!\d))}: cuts every run of ASCII digits into threes, counted from its right end. */
    static SplitStage digitsInThreesFromTheRight() {
        return (text, start, end, ends) -> {
            int position = start;
            while (position < end) {
                int runEnd = position;
                while (runEnd < end && text.kind(runEnd) == CharacterKind.ASCII_DIGIT) {
                    runEnd++;
                }
                for (int cut = runEnd - (runEnd - position) / 3 * 3; cut < runEnd; cut += 3) {
                    if (cut > start) {
                        ends.add(cut);
                    }
                }
                position = runEnd + 1;
            }
            ends.add(end);
        };
    }

    private static int firstMatch(SplitRule[] rules, CodePoints text, int position, int end) {
        for (SplitRule rule : rules) {
            int match = rule.match(text, position, end);
            if (match != SplitRule.NO_MATCH) {
                return match;
            }
        }
        return SplitRule.NO_MATCH;
    }
}
