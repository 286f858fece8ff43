package io.promptmill.udf.constraint;

/**
 * The tokens that may follow each set of stacks. A mask of a state alone, computed once for all states of a class, holds the
 * tokens that stay within the state's rule and those that it calls; where a token goes on behind the rule's end, only the part
 * of the trie below that place is walked again, for what the rule returns to. Thread-safe.
 */
final class TokenMasks {
    private static final int[] NO_EXITS = {};

    private record StateKey(int stateClass) {}

    private record FrameKey(int stateClass, Stacks below) {}

    private final PushdownMachine machine;
    private final ConstraintVocabulary vocabulary;
    private final int[] classes;
    private final MaskCache cache = new MaskCache();

    TokenMasks(PushdownMachine machine, ConstraintVocabulary vocabulary) {
        this.machine = machine;
        this.vocabulary = vocabulary;
        this.classes =
                StateClasses.of(machine.network().graph(), vocabulary.tokens().longest());
    }

    /** Tokens after {@code stacks}, the end tokens among them where the text may end. Not to be changed. */
    long[] after(Stacks stacks) {
        if (stacks.size() == 1 && !stacks.hasBottom()) {
            return frame(stacks.state(0), stacks.below(0));
        }
        return cache.get(stacks, () -> new MaskCache.Entry(union(stacks), NO_EXITS))
                .bits();
    }

    /** Tokens with which a text may begin. */
    long[] first(Stacks start) {
        long[] mask = new long[vocabulary.maskWords()];
        new TrieWalk(machine, vocabulary.firstTokens(), mask).below(0, start);
        return start.hasBottom() ? withEnds(mask) : mask;
    }

    private long[] union(Stacks stacks) {
        long[] mask = new long[vocabulary.maskWords()];
        for (int index = stacks.hasBottom() ? 1 : 0; index < stacks.size(); index++) {
            long[] more = frame(stacks.state(index), stacks.below(index));
            for (int word = 0; word < mask.length; word++) {
                mask[word] |= more[word];
            }
        }
        return stacks.hasBottom() ? withEnds(mask) : mask;
    }

    private long[] withEnds(long[] mask) {
        for (int token : vocabulary.endTokens()) {
            mask[token >> 6] |= 1L << token;
        }
        return mask;
    }

    private long[] frame(int state, Stacks below) {
        MaskCache.Entry within = within(state);
        if (within.exits().length == 0 || below.isBottom()) {
            return within.bits();
        }
        return cache.get(
                        new FrameKey(classes[state], below), () -> new MaskCache.Entry(beyond(within, below), NO_EXITS))
                .bits();
    }

    /** Tokens within the state's rule, and where they leave it. */
    private MaskCache.Entry within(int state) {
        return cache.get(new StateKey(classes[state]), () -> {
            long[] mask = new long[vocabulary.maskWords()];
            TrieWalk walk = new TrieWalk(machine, vocabulary.tokens(), mask);
            walk.below(0, machine.single(state, machine.bottom()));
            return new MaskCache.Entry(mask, walk.exits());
        });
    }

    private long[] beyond(MaskCache.Entry within, Stacks below) {
        long[] mask = within.bits().clone();
        TrieWalk walk = new TrieWalk(machine, vocabulary.tokens(), mask);
        Stacks returned = machine.returned(below);
        for (int node : within.exits()) {
            walk.below(node, returned);
        }
        return mask;
    }
}
