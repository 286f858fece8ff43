package io.promptmill.udf.tokenizer;

/**
 * Spellings that share their beginnings. A node is a beginning that has been added; the memory is linear in the length of
 * all spellings, whatever they are. Safe for reading by many threads once filled.
 */
public final class SpellingTrie {
    /** The empty spelling. */
    public static final int ROOT = 0;

    /** Where no spelling goes on. */
    public static final int ABSENT = LongIntMap.ABSENT;

    private final LongIntMap children = new LongIntMap(64);

    /** Adds a spelling with all its beginnings and returns its node; a new node has the next higher number. */
    public int add(CharSequence spelling) {
        int node = ROOT;
        for (int index = 0; index < spelling.length(); index++) {
            long edge = edge(node, spelling.charAt(index));
            int child = children.get(edge);
            if (child == ABSENT) {
                child = size();
                children.putIfAbsent(edge, child);
            }
            node = child;
        }
        return node;
    }

    /** The node of this node's spelling and one more UTF-16 unit, or {@link #ABSENT}. */
    public int child(int node, char unit) {
        return children.get(edge(node, unit));
    }

    /** The node of this node's spelling and one more code point, or {@link #ABSENT}. */
    int descend(int node, int codePoint) {
        if (codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
            return child(node, (char) codePoint);
        }
        int half = child(node, Character.highSurrogate(codePoint));
        return half == ABSENT ? ABSENT : child(half, Character.lowSurrogate(codePoint));
    }

    /** Number of nodes, the root among them. */
    int size() {
        return children.size() + 1;
    }

    private static long edge(int node, char unit) {
        return (long) node << 16 | unit;
    }
}
