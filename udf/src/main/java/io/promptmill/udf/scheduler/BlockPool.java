package io.promptmill.udf.scheduler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The KV blocks of an engine, by id, and what full blocks hold. A block is held by any number of sequences; one that
 * none holds is free, but stays findable by its content until it is taken for something else, the longest unused first.
 *
 * <p>A block's content is its tokens and everything before them, its sequence's adapter first. It is named by an id that
 * is never reused, so the key (content before it, its tokens) is exact: no hash collision can mix up two prefixes. Not
 * thread-safe.
 */
public final class BlockPool {
    private static final int NONE = -1;
    /** Fewer tokens are computed as fast as they are copied. */
    private static final int LEAST_PART = 2;

    private final int blockTokens;
    private final boolean prefixCache;
    private final int[] holders;
    private final Content[] contents;
    private final LinkedHashSet<Integer> free = new LinkedHashSet<>();
    private final Map<Key, Integer> blocksByKey = new HashMap<>();
    /** Of each sequence in this step, the first block that the step fills: those before it are findable already. */
    private final Set<Key> computing = new HashSet<>();
    /** Blocks by the content before them, for prompts that have a part of one in common. */
    private final LatestBlocks latest = new LatestBlocks();
    /** To be made before the next step, in this order. */
    private final List<BlockCopy> copies = new ArrayList<>();

    private long nextContent = 1;

    private record Content(long id, Key key) {}

    private record Key(long before, int[] tokens) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.before == before && Arrays.equals(key.tokens, tokens);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(before) * 31 + Arrays.hashCode(tokens);
        }
    }

    /**
     * @param blockTokens tokens in a block
     * @param prefixCache whether free blocks are found again by their content
     */
    public BlockPool(int blocks, int blockTokens, boolean prefixCache) {
        this.blockTokens = blockTokens;
        this.prefixCache = prefixCache;
        holders = new int[blocks];
        contents = new Content[blocks];
        for (int block = 0; block < blocks; block++) {
            free.add(block);
        }
    }

    /** The content before the first block of a sequence with that adapter: below all ids of blocks. */
    static long root(int adapter) {
        return -1L - adapter;
    }

    public int blockTokens() {
        return blockTokens;
    }

    /** Blocks in all. */
    public int size() {
        return holders.length;
    }

    /** Blocks that no sequence holds. */
    public int free() {
        return free.size();
    }

    int blocksFor(int tokens) {
        return (tokens + blockTokens - 1) / blockTokens;
    }

    /** Takes a free block for new content; there must be one. */
    int take() {
        Iterator<Integer> oldest = free.iterator();
        int block = oldest.next();
        oldest.remove();
        holders[block] = 1;
        if (contents[block] != null) {
            Key key = contents[block].key();
            blocksByKey.remove(key);
            latest.remove(key.before(), block);
            contents[block] = null;
        }
        return block;
    }

    /**
     * Gives the sequence the blocks that already hold its beginning, up to the first token whose logits or state
     * are wanted: that one must be computed. The sequence must hold none.
     *
     * @return tokens that need not be computed
     */
    int reuse(Sequence sequence) {
        if (!prefixCache) {
            return 0;
        }
        while (hasReusableBlock(sequence)) {
            int block = blocksByKey.getOrDefault(nextKey(sequence), NONE);
            if (block == NONE) {
                break;
            }
            hold(block);
            sequence.addBlock(block);
            sequence.published(contents[block].id());
        }
        int tokens = sequence.blocks() * blockTokens;
        sequence.advance(tokens);
        return tokens;
    }

    /**
     * As {@link #reuse}, for the beginning of a block: where one of those computed lately behind the same content begins as the
     * sequence goes on, it is copied to a block of the sequence's own, for which one must be free.
     *
     * @return tokens that need not be computed
     */
    int reusePart(Sequence sequence) {
        int start = sequence.publishedBlocks() * blockTokens;
        int most = Math.min(blockTokens, sequence.reusable() - start);
        if (!prefixCache || most < LEAST_PART) {
            return 0;
        }
        int[] wanted = sequence.tokens(start, start + most);
        int best = NONE;
        int common = LEAST_PART - 1;
        for (int block : latest.behind(sequence.lastContent())) {
            int mismatch =
                    Arrays.mismatch(wanted, 0, most, contents[block].key().tokens(), 0, most);
            int alike = mismatch < 0 ? most : mismatch;
            if (alike > common) {
                common = alike;
                best = block;
            }
        }
        if (best == NONE) {
            return 0;
        }
        int copy = take();
        copies.add(new BlockCopy(best, copy));
        sequence.addBlock(copy);
        sequence.advance(common);
        return common;
    }

    /** The copies to be made before the next step, in their order; the caller makes them. */
    List<BlockCopy> takeCopies() {
        List<BlockCopy> taken = List.copyOf(copies);
        copies.clear();
        return taken;
    }

    /** True where the sequence has another full block before the first token whose output is wanted. */
    private boolean hasReusableBlock(Sequence sequence) {
        return sequence.publishedBlocks() < sequence.reusable() / blockTokens;
    }

    /** The key of the first block of the sequence that is not published. */
    private Key nextKey(Sequence sequence) {
        int start = sequence.publishedBlocks() * blockTokens;
        return new Key(sequence.lastContent(), sequence.tokens(start, start + blockTokens));
    }

    /** Forgets what the last step computed. */
    void startStep() {
        computing.clear();
    }

    /** Notes that the sequence's tokens before {@code end} are computed in this step. */
    void computing(Sequence sequence, int end) {
        if (prefixCache && (sequence.publishedBlocks() + 1) * blockTokens <= end) {
            computing.add(nextKey(sequence));
        }
    }

    /** True where this step computes the block that {@link #reuse} did not find for the sequence, for another one. */
    boolean nextBlockIsComputed(Sequence sequence) {
        return !computing.isEmpty() && hasReusableBlock(sequence) && computing.contains(nextKey(sequence));
    }

    /**
     * Lets a sequence that holds no block begin with the computed tokens of another one: full blocks are held by both; what
     * the last block holds in part goes to a block of its own, for which one must be free.
     */
    void fork(Sequence parent, Sequence child) {
        int full = parent.computed() / blockTokens;
        for (int i = 0; i < full; i++) {
            hold(parent.blockTable()[i]);
            child.addBlock(parent.blockTable()[i]);
        }
        child.forkedFrom(parent, parent.computed());
        if (parent.computed() % blockTokens != 0) {
            int copy = take();
            child.addBlock(copy);
            copies.add(new BlockCopy(parent.blockTable()[full], copy));
        }
    }

    private void hold(int block) {
        if (holders[block]++ == 0) {
            free.remove(block);
        }
    }

    /** Makes the sequence's blocks that have become full findable. */
    void publish(Sequence sequence) {
        if (!prefixCache) {
            return;
        }
        while ((sequence.publishedBlocks() + 1) * blockTokens <= sequence.computed()) {
            Key key = nextKey(sequence);
            Integer known = blocksByKey.get(key);
            if (known == null) {
                known = sequence.blockTable()[sequence.publishedBlocks()];
                contents[known] = new Content(nextContent++, key);
                blocksByKey.put(key, known);
                latest.add(key.before(), known);
            }
            sequence.published(contents[known].id());
        }
    }

    /** Takes all blocks from the sequence. Its last ones become the oldest free ones: longer prefixes go first. */
    void release(Sequence sequence) {
        for (int i = sequence.blocks() - 1; i >= 0; i--) {
            int block = sequence.blockTable()[i];
            if (--holders[block] == 0) {
                free.add(block);
            }
        }
        sequence.reset();
    }
}
