package io.promptmill.udf.tokenizer;

import java.util.function.IntPredicate;

/** The pre-tokenizers of Hugging Face's library, as passes over words. */
final class WordSplitters {
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private WordSplitters() {}

    /** Cuts where a pattern matches. */
    static WordSplitter pattern(PatternProgram pattern, SplitBehavior behavior, boolean inverted) {
        return words -> {
            IntList bounds = new IntList(words.bounds().size());
            IntList matches = new IntList(16);
            for (int word = 0; word < words.count(); word++) {
                matches.clear();
                pattern.find(words.text(), words.start(word), words.end(word), matches);
                behavior.split(words.start(word), words.end(word), matches, inverted, bounds);
            }
            return new Words(words.text(), bounds, words.beginsText());
        };
    }

    /** Cuts at every character of a set, each of them a match of its own. */
    static WordSplitter characters(IntPredicate members, SplitBehavior behavior) {
        CharacterSet set = new CharacterSet(members);
        return words -> {
            IntList bounds = new IntList(words.bounds().size());
            IntList matches = new IntList(16);
            for (int word = 0; word < words.count(); word++) {
                matches.clear();
                for (int index = words.start(word); index < words.end(word); index++) {
                    if (set.contains(words.text().at(index))) {
                        matches.add(index);
                        matches.add(index + 1);
                    }
                }
                behavior.split(words.start(word), words.end(word), matches, false, bounds);
            }
            return new Words(words.text(), bounds, words.beginsText());
        };
    }

    /** Runs of letters, digits and the like, and runs of other signs; white space is left out. */
    static Words wordsAndMarks(Words words) {
        IntList bounds = new IntList(words.bounds().size());
        for (int word = 0; word < words.count(); word++) {
            int start = words.start(word);
            while (start < words.end(word)) {
                int kind = wordKind(words.text().at(start));
                int end = start + 1;
                while (end < words.end(word) && wordKind(words.text().at(end)) == kind) {
                    end++;
                }
                if (kind != 0) {
                    bounds.add(start);
                    bounds.add(end);
                }
                start = end;
            }
        }
        return new Words(words.text(), bounds, words.beginsText());
    }

    private static int wordKind(int codePoint) {
        return CharacterSet.RUST_WORD.test(codePoint) ? 1 : CharacterSet.SPACE.test(codePoint) ? 0 : 2;
    }

    /** Bytes written as characters, after the cuts of GPT-2 where asked for. */
    static WordSplitter byteLevel(boolean addsPrefixSpace, boolean cuts) {
        WordSplitter splitter = WordSplitters::asBytes;
        if (cuts) {
            splitter = pattern(PatternCompiler.compile(GPT2), SplitBehavior.ISOLATED, false)
                    .then(splitter);
        }
        return addsPrefixSpace ? prefixed(' ', PrependScheme.ALWAYS).then(splitter) : splitter;
    }

    private static Words asBytes(Words words) {
        IntList bytes = new IntList(words.text().length() * 2);
        IntList bounds = new IntList(words.bounds().size());
        for (int word = 0; word < words.count(); word++) {
            bounds.add(bytes.size());
            for (int index = words.start(word); index < words.end(word); index++) {
                int codePoint = words.text().at(index);
                if (codePoint < 0x80) {
                    bytes.add(ByteAlphabet.character(codePoint));
                } else {
                    for (byte value : words.text().utf8(index, index + 1)) {
                        bytes.add(ByteAlphabet.character(value & 0xFF));
                    }
                }
            }
            bounds.add(bytes.size());
        }
        return new Words(CodePoints.of(bytes.toArray(), bytes.size()), bounds, words.beginsText());
    }

    /** Where a mark for a space is put in front. */
    enum PrependScheme {
        ALWAYS,
        FIRST,
        NEVER
    }

    /** SentencePiece's way: spaces become {@code mark}, which begins words. */
    static WordSplitter metaspace(int mark, PrependScheme scheme, boolean cuts) {
        WordSplitter marked =
                words -> new Words(words.text().replacing(' ', mark, false), words.bounds(), words.beginsText());
        WordSplitter whole = scheme == PrependScheme.NEVER ? marked : marked.then(prefixed(mark, scheme));
        return cuts ? whole.then(characters(codePoint -> codePoint == mark, SplitBehavior.MERGED_WITH_NEXT)) : whole;
    }

    /** Puts {@code mark} in front of words that do not begin with it. */
    private static WordSplitter prefixed(int mark, PrependScheme scheme) {
        return words -> {
            IntList text = new IntList(words.text().length() + words.count());
            IntList bounds = new IntList(words.bounds().size());
            for (int word = 0; word < words.count(); word++) {
                bounds.add(text.size());
                boolean wanted = scheme == PrependScheme.ALWAYS || words.isFirstOfText(word);
                if (wanted && words.text().at(words.start(word)) != mark) {
                    text.add(mark);
                }
                text.addAll(words.text().copy(words.start(word), words.end(word)));
                bounds.add(text.size());
            }
            return new Words(CodePoints.of(text.toArray(), text.size()), bounds, words.beginsText());
        };
    }

    /** Parts of {@code length} characters, the last one shorter. */
    static WordSplitter fixedLength(int length) {
        return words -> {
            IntList bounds = new IntList(words.bounds().size());
            for (int word = 0; word < words.count(); word++) {
                for (int start = words.start(word); start < words.end(word); start += length) {
                    bounds.add(start);
                    bounds.add(Math.min(words.end(word), start + length));
                }
            }
            return new Words(words.text(), bounds, words.beginsText());
        };
    }

    /**
     * Cuts where the script changes; spaces go with what is before them (in front of
     * everything they are lost), the three Japanese scripts count as one.
     */
    static Words scripts(Words words) {
        IntList bounds = new IntList(words.bounds().size());
        for (int word = 0; word < words.count(); word++) {
            int start = words.start(word);
            Character.UnicodeScript last = null;
            for (int index = start; index < words.end(word); index++) {
                Character.UnicodeScript script = script(words.text().at(index));
                if (script != null && last != null && script != last) {
                    bounds.add(start);
                    bounds.add(index);
                }
                start = script != null && script != last ? index : start;
                last = script == null ? last : script;
            }
            if (last != null) {
                bounds.add(start);
                bounds.add(words.end(word));
            }
        }
        return new Words(words.text(), bounds, words.beginsText());
    }

    /** Null for a space and for what has no script, which fit every one. */
    private static Character.UnicodeScript script(int codePoint) {
        if (codePoint == ' ') {
            return null;
        }
        Character.UnicodeScript script = Character.UnicodeScript.of(codePoint);
        if (script == Character.UnicodeScript.UNKNOWN) {
            return null;
        }
        boolean japanese = codePoint == 0x30FC
                || script == Character.UnicodeScript.HIRAGANA
                || script == Character.UnicodeScript.KATAKANA;
        return japanese ? Character.UnicodeScript.HAN : script;
    }
}
