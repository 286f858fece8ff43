package io.promptmill.udf.tokenizer;

import io.promptmill.udf.tokenizer.WordSplitters.PrependScheme;
import java.util.List;
import java.util.function.IntPredicate;

/** Makes the pre-tokenizer that a tokenizer.json describes. */
final class SplitterReader {
    private static final int SPACE_MARK = 0x2581;
    private static final IntPredicate NUMBER = codePoint -> (CharacterKind.of(codePoint) & CharacterKind.NUMBER) != 0;

    private SplitterReader() {}

    /**
     * @throws io.promptmill.udf.error.ModelFileException for one that is unknown or damaged
     */
    static WordSplitter read(JsonPlace place) {
        List<WordSplitter> steps = place.steps("pretokenizers").stream()
                .map(SplitterReader::readStep)
                .toList();
        return words -> {
            Words split = words;
            for (WordSplitter step : steps) {
                split = step.split(split);
                TextNormalizer.checkGrowth(words.text().length(), split.text().length());
            }
            return split;
        };
    }

    private static WordSplitter readStep(JsonPlace place) {
        String type = place.at("type").text();
        return switch (type) {
            case "ByteLevel" ->
                WordSplitters.byteLevel(
                        place.at("add_prefix_space").flagOr(true),
                        place.at("use_regex").flagOr(true));
            case "Metaspace" -> metaspace(place);
            case "Whitespace" -> WordSplitters::wordsAndMarks;
            case "WhitespaceSplit" -> WordSplitters.characters(CharacterSet.SPACE, SplitBehavior.REMOVED);
            case "BertPreTokenizer" ->
                WordSplitters.characters(CharacterSet.SPACE, SplitBehavior.REMOVED)
                        .then(WordSplitters.characters(CharacterSet.PUNCTUATION, SplitBehavior.ISOLATED));
            case "Punctuation" ->
                WordSplitters.characters(CharacterSet.PUNCTUATION, behavior(place, SplitBehavior.ISOLATED));
            case "Digits" ->
                WordSplitters.characters(
                        NUMBER,
                        place.at("individual_digits").flagOr(false)
                                ? SplitBehavior.ISOLATED
                                : SplitBehavior.CONTIGUOUS);
            case "CharDelimiterSplit" -> {
                int delimiter = place.at("delimiter").character();
                yield WordSplitters.characters(codePoint -> codePoint == delimiter, SplitBehavior.REMOVED);
            }
            case "Split" ->
                WordSplitters.pattern(
                        PatternReader.read(place.at("pattern")),
                        SplitBehavior.read(place.at("behavior")),
                        place.at("invert").flagOr(false));
            case "UnicodeScripts" -> WordSplitters::scripts;
            case "FixedLength" -> WordSplitters.fixedLength(place.at("length").integerOr(5, 1, Integer.MAX_VALUE / 2));
            default ->
                throw place.at("type")
                        .problem("is '" + Vocabulary.shortened(type)
                                + "'; expected a known pre-tokenizer such as ByteLevel");
        };
    }

    private static SplitBehavior behavior(JsonPlace place, SplitBehavior fallback) {
        return place.at("behavior").isAbsent() ? fallback : SplitBehavior.read(place.at("behavior"));
    }

    private static WordSplitter metaspace(JsonPlace place) {
        JsonPlace replacement = place.at("replacement");
        return WordSplitters.metaspace(
                replacement.isAbsent() ? SPACE_MARK : replacement.character(),
                prependScheme(place),
                place.at("split").flagOr(true));
    }

    /** When a Metaspace pre-tokenizer or decoder adds a space, and takes one away. */
    static PrependScheme prependScheme(JsonPlace place) {
        if (!place.at("add_prefix_space").flagOr(true)) {
            return PrependScheme.NEVER;
        }
        String scheme = place.at("prepend_scheme").textOr("always");
        return switch (scheme) {
            case "always" -> PrependScheme.ALWAYS;
            case "first" -> PrependScheme.FIRST;
            case "never" -> PrependScheme.NEVER;
            default ->
                throw place.at("prepend_scheme")
                        .problem("is '" + Vocabulary.shortened(scheme) + "'; expected always, first or never");
        };
    }
}
