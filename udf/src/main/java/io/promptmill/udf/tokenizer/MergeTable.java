package io.promptmill.udf.tokenizer;

/**
 * Which two neighbouring symbols may become one, and in what order. A symbol is a token id, or a number above all ids
 * for a text that is no token itself but part of one. Safe for reading by many threads once filled.
 */
final class MergeTable {
    /** Marks a unit whose symbol begins further left. */
    static final int COVERED = -2;

    private final LongIntMap entries;
    private final IntList ranks;
    private final IntList products;

    MergeTable(int expected) {
        entries = new LongIntMap(expected);
        ranks = new IntList(expected);
        products = new IntList(expected);
    }

    /** Lets {@code left} and {@code right} become {@code product}; lower ranks go first, an earlier call wins. */
    void add(int left, int right, int rank, int product) {
        long pair = pair(left, right);
        if (entries.get(pair) == LongIntMap.ABSENT) {
            entries.putIfAbsent(pair, ranks.size());
            ranks.add(rank);
            products.add(product);
        }
    }

    /**
     * Merges until nothing fits, always the pair of lowest rank and, among equals, the leftmost one. Takes
     * O(n log n) for n symbols.
     *
     * @param symbols in: one symbol a unit, -1 where no table knows it; out: a symbol at the first unit that it covers,
     *     {@link #COVERED} at the others
     */
    void merge(int[] symbols) {
        int count = symbols.length;
        int[] previous = new int[count];
        int[] next = new int[count];
        LongHeap queue = new LongHeap(count);
        for (int index = 0; index < count; index++) {
            previous[index] = index - 1;
            next[index] = index + 1;
            offer(queue, symbols, index, index + 1);
        }
        while (!queue.isEmpty()) {
            long candidate = queue.pop();
            int left = (int) candidate;
            int right = next[left];
            int entry = symbols[left] == COVERED ? LongIntMap.ABSENT : find(symbols, left, right);
            // A candidate is outdated when one of its symbols has meanwhile been merged into another one.
            if (entry == LongIntMap.ABSENT || ranks.get(entry) != candidate >>> 32) {
                continue;
            }
            symbols[left] = products.get(entry);
            symbols[right] = COVERED;
            next[left] = next[right];
            if (next[right] < count) {
                previous[next[right]] = left;
            }
            offer(queue, symbols, previous[left], left);
            offer(queue, symbols, left, next[left]);
        }
    }

    private void offer(LongHeap queue, int[] symbols, int left, int right) {
        int entry = find(symbols, left, right);
        if (entry != LongIntMap.ABSENT) {
            queue.push((long) ranks.get(entry) << 32 | left);
        }
    }

    private int find(int[] symbols, int left, int right) {
        if (left < 0 || right >= symbols.length || symbols[left] < 0 || symbols[right] < 0) {
            return LongIntMap.ABSENT;
        }
        return entries.get(pair(symbols[left], symbols[right]));
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
