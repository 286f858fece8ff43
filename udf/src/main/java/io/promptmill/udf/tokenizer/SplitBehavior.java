package io.promptmill.udf.tokenizer;

/** What becomes of the parts of a word that match a pattern. */
enum SplitBehavior {
    REMOVED,
    ISOLATED,
    MERGED_WITH_PREVIOUS,
    MERGED_WITH_NEXT,
    CONTIGUOUS;

    static SplitBehavior read(JsonPlace place) {
        return switch (place.text()) {
            case "Removed" -> REMOVED;
            case "Isolated" -> ISOLATED;
            case "MergedWithPrevious" -> MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> MERGED_WITH_NEXT;
            case "Contiguous" -> CONTIGUOUS;
            default ->
                throw place.problem("is '" + Vocabulary.shortened(place.text()) + "'; expected Removed, Isolated,"
                        + " MergedWithPrevious, MergedWithNext or Contiguous");
        };
    }

    /**
     * Appends the bounds of the words that {@code [start, end)} falls into.
     *
     * @param matches start and end of each match, in order
     * @param inverted whether what lies between the matches counts as matched, and the matches do not
     */
    void split(int start, int end, IntList matches, boolean inverted, IntList bounds) {
        IntList parts = parts(start, end, matches);
        int count = parts.size() / 3;
        boolean backwards = this == MERGED_WITH_NEXT;
        IntList joined = new IntList(2 * count);
        boolean previousMatched = false;
        for (int step = 0; step < count; step++) {
            int part = 3 * (backwards ? count - 1 - step : step);
            boolean matched = parts.get(part + 2) == 1 != inverted;
            boolean joins = switch (this) {
                case CONTIGUOUS -> matched == previousMatched;
                case MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT -> matched && !previousMatched;
                case REMOVED, ISOLATED -> false;
            };
            previousMatched = matched;
            int last = joined.size() - 2;
            if (joins && last >= 0) {
                joined.set(backwards ? last : last + 1, parts.get(backwards ? part : part + 1));
            } else if (this != REMOVED || !matched) {
                joined.add(parts.get(part));
                joined.add(parts.get(part + 1));
            }
        }
        int words = joined.size() / 2;
        for (int step = 0; step < words; step++) {
            int word = 2 * (backwards ? words - 1 - step : step);
            if (joined.get(word) < joined.get(word + 1)) {
                bounds.add(joined.get(word));
                bounds.add(joined.get(word + 1));
            }
        }
    }

    /** Start, end and 1 for a match or 0 of every part, together all of {@code [start, end)}. */
    private static IntList parts(int start, int end, IntList matches) {
        IntList parts = new IntList(3 * matches.size() + 3);
        int position = start;
        for (int index = 0; index < matches.size(); index += 2) {
            if (position < matches.get(index)) {
                add(parts, position, matches.get(index), 0);
            }
            add(parts, matches.get(index), matches.get(index + 1), 1);
            position = matches.get(index + 1);
        }
        if (position < end) {
            add(parts, position, end, 0);
        }
        return parts;
    }

    private static void add(IntList parts, int start, int end, int matched) {
        parts.add(start);
        parts.add(end);
        parts.add(matched);
    }
}
