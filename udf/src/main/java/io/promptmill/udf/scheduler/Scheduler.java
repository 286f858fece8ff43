package io.promptmill.udf.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Decides what each step computes: first the next token of every sequence that generates, then prompts in chunks, up to
 * the batch limit, so that a long prompt never holds up the others. Prompts that begin alike and wait together are
 * computed one after the other, so that what they share is computed once. When KV blocks run out, the sequence that was
 * admitted last gives its blocks back and is computed again later. Not thread-safe.
 */
public final class Scheduler {
    private final BlockPool pool;
    private final int maximumBatchTokens;
    private final int maximumSequences;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    /** In order of admission. */
    private final List<Sequence> running = new ArrayList<>();

    // Written by the step loop, read by whoever asks for statistics.
    private volatile long preemptions;
    private volatile long reusedTokens;

    /**
     * @param maximumBatchTokens tokens of a step at most
     * @param maximumSequences that run at the same time at most, and positions of a step whose logits are wanted
     */
    public Scheduler(BlockPool pool, int maximumBatchTokens, int maximumSequences) {
        this.pool = pool;
        this.maximumBatchTokens = maximumBatchTokens;
        this.maximumSequences = Math.min(maximumSequences, maximumBatchTokens);
    }

    /** Tokens that a sequence may have at most, given the blocks there are. */
    public int maximumLength() {
        return (int) Math.min(Integer.MAX_VALUE, (long) pool.size() * pool.blockTokens());
    }

    /** Queues a sequence, at most {@link #maximumLength()} long. */
    public void add(Sequence sequence) {
        waiting.add(sequence);
    }

    /** Queues a sequence before all others; what of its beginning is in the prefix cache does not count as reused. */
    public void addFirst(Sequence sequence) {
        sequence.continued();
        waiting.addFirst(sequence);
    }

    public boolean hasWork() {
        return !running.isEmpty() || !waiting.isEmpty();
    }

    /** Sequences that gave their blocks back since the start. */
    public long preemptions() {
        return preemptions;
    }

    /** Prompt tokens found in the prefix cache since the start, when their sequences were first admitted. */
    public long reusedTokens() {
        return reusedTokens;
    }

    /**
     * The chunks of the next step, at most one a sequence; each has the blocks that it needs. Call {@link #completed}
     * when they are computed. Empty only where there is no work.
     */
    public List<Chunk> schedule() {
        Step step = new Step();
        pool.startStep();
        // A copy: preempting removes later ones. Decoding sequences are those with a single token pending.
        for (Sequence sequence : List.copyOf(running)) {
            if (sequence.pending() == 1 && running.contains(sequence) && makeRoom(sequence)) {
                step.schedule(sequence);
            }
        }
        for (Sequence sequence : List.copyOf(running)) {
            if (sequence.pending() > 1 && step.hasRoom()) {
                step.schedule(sequence);
            }
        }
        admitWaiting(step);
        if (step.chunks.isEmpty() && !running.isEmpty()) {
            // Prompts hold all blocks half-way: the last one gives way, as often as needed.
            preempt(running.get(running.size() - 1));
            return schedule();
        }
        return step.chunks;
    }

    /** The chunks of a step, and what there is still room for. */
    private final class Step {
        private final List<Chunk> chunks = new ArrayList<>();
        private int tokens = maximumBatchTokens;
        private int logits = maximumSequences;

        boolean hasRoom() {
            return tokens > 0 && logits > 0;
        }

        /** Takes blocks for as many pending tokens as the limits and the pool allow. */
        void schedule(Sequence sequence) {
            int start = sequence.computed();
            int count = Math.min(tokens, sequence.pending());
            while (count > 0 && sequence.logits(start, count) > logits) {
                count--;
            }
            while (sequence.blocks() < pool.blocksFor(start + count) && pool.free() > 0) {
                sequence.addBlock(pool.take());
            }
            count = Math.min(count, sequence.blocks() * pool.blockTokens() - start);
            if (count > 0) {
                chunks.add(new Chunk(sequence, start, count, start + count == sequence.length()));
                pool.computing(sequence, start + count);
                tokens -= count;
                logits -= sequence.logits(start, count);
            }
        }
    }

    /**
     * Admits waiting sequences in their order. One whose beginning is being computed in this very step lets those behind
     * it go first, and finds it in the prefix cache in the next step.
     */
    private void admitWaiting(Step step) {
        Deque<Sequence> deferred = new ArrayDeque<>();
        while (step.hasRoom() && !waiting.isEmpty() && Math.max(running.size(), deferred.size()) < maximumSequences) {
            Sequence sequence = waiting.peek();
            int reused = pool.reuse(sequence);
            if (pool.nextBlockIsComputed(sequence) && sequence.defer()) {
                pool.release(sequence);
                deferred.push(waiting.remove());
            } else if (fits(sequence)) {
                running.add(waiting.remove());
                reused += pool.free() > 0 ? pool.reusePart(sequence) : 0;
                reusedTokens += sequence.isContinued() ? 0 : reused;
                step.schedule(sequence);
            } else {
                pool.release(sequence);
                break;
            }
        }
        deferred.forEach(waiting::addFirst);
    }

    /**
     * Adds a sequence whose beginning is all that another one, which still holds its blocks, has computed: it shares those
     * blocks. Where there is no room for it now, it waits before all others, and computes what it does not find in the
     * prefix cache.
     */
    public void fork(Sequence parent, Sequence child) {
        // The parent is about to leave.
        boolean room = running.size() <= maximumSequences && pool.free() > 0 && parent.computed() < child.length();
        if (room) {
            child.continued();
            running.add(child);
            pool.fork(parent, child);
        } else {
            addFirst(child);
        }
    }

    /** Copies of blocks to be made, in their order, before the chunks of the last {@link #schedule} are computed. */
    public List<BlockCopy> takeCopies() {
        return pool.takeCopies();
    }

    /** Notes that the chunks of the last step have been computed. */
    public void completed(List<Chunk> chunks) {
        for (Chunk chunk : chunks) {
            chunk.sequence().advance(chunk.count());
            pool.publish(chunk.sequence());
        }
    }

    /** Removes a sequence, whatever its state, and frees its blocks. */
    public void remove(Sequence sequence) {
        if (!running.remove(sequence)) {
            waiting.remove(sequence);
        }
        pool.release(sequence);
    }

    /** Frees a block for the sequence's next token where it needs one; false where it had to give way itself. */
    private boolean makeRoom(Sequence sequence) {
        while (pool.blocksFor(sequence.length()) > sequence.blocks() && pool.free() == 0) {
            Sequence last = running.get(running.size() - 1);
            preempt(last);
            if (last == sequence) {
                return false;
            }
        }
        return true;
    }

    private void preempt(Sequence sequence) {
        running.remove(sequence);
        pool.release(sequence);
        sequence.continued();
        waiting.addFirst(sequence);
        preemptions++;
    }

    /** True where the blocks suffice for the sequence's known tokens besides what the running prompts still need. */
    private boolean fits(Sequence sequence) {
        int needed = pool.blocksFor(sequence.length()) - sequence.blocks();
        for (Sequence other : running) {
            needed += pool.blocksFor(other.length()) - other.blocks();
        }
        return needed <= pool.free() || running.isEmpty();
    }
}
