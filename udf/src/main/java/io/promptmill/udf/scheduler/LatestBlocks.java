package io.promptmill.udf.scheduler;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The blocks that became full last behind a content, a few for each. Not thread-safe. */
final class LatestBlocks {
    /** Prompts of a job differ behind their template: any of them has it. More are for several templates. */
    private static final int MOST = 8;

    private final Map<Long, Deque<Integer>> byContent = new HashMap<>();

    void add(long before, int block) {
        Deque<Integer> blocks = byContent.computeIfAbsent(before, content -> new ArrayDeque<>(2));
        if (blocks.size() == MOST) {
            blocks.removeFirst();
        }
        blocks.addLast(block);
    }

    /** Forgets a block, where it is one of the latest. */
    void remove(long before, int block) {
        Deque<Integer> blocks = byContent.get(before);
        if (blocks != null && blocks.remove(block) && blocks.isEmpty()) {
            byContent.remove(before);
        }
    }

    /** Blocks behind that content, the oldest first. */
    Collection<Integer> behind(long before) {
        Deque<Integer> blocks = byContent.get(before);
        return blocks == null ? List.of() : blocks;
    }
}
