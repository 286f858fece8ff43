package io.promptmill.udf.scheduler;

import java.util.Arrays;

/**
 * A request's tokens and the KV blocks that hold what has been computed of them. Owned by the step loop; not
 * thread-safe.
 */
public final class Sequence {
    /** Of a sequence that the model computes as it is. */
    public static final int NO_ADAPTER = -1;

    private final int adapter;
    private final int promptLength;
    private final int maximumLength;
    private int[] tokens;
    private int length;
    private int computed;
    private int[] blockTable = new int[4];
    private int blocks;
    /** Content id of the last full block that was published to the prefix cache, and how many were. */
    private long lastContent;

    private int publishedBlocks;
    private boolean continued;
    private int deferredAt = -1;
    private int outputsFrom = Integer.MAX_VALUE;
    private boolean givesStates;

    /** One without an adapter. */
    public Sequence(int[] prompt, int maximumLength) {
        this(prompt, maximumLength, NO_ADAPTER);
    }

    /**
     * @param prompt token ids, at least one
     * @param maximumLength of prompt and completion together, in tokens
     * @param adapter number from 0 of what changes its keys and values, or {@link #NO_ADAPTER}
     */
    public Sequence(int[] prompt, int maximumLength, int adapter) {
        if (prompt.length == 0 || prompt.length > maximumLength) {
            throw new IllegalArgumentException(prompt.length + " prompt tokens, at most " + maximumLength);
        }
        this.adapter = adapter;
        this.lastContent = BlockPool.root(adapter);
        this.tokens = prompt.clone();
        this.promptLength = prompt.length;
        this.length = prompt.length;
        this.maximumLength = maximumLength;
    }

    /**
     * Asks for the logits of every position from {@code position} on, not of the last one alone; {@link Integer#MAX_VALUE}
     * for none but that.
     */
    public void readLogitsFrom(int position) {
        outputsFrom = position;
        givesStates = false;
    }

    /** Asks for the final states of every position from {@code position} on, and of the last one; for no logits. */
    public void readStatesFrom(int position) {
        outputsFrom = position;
        givesStates = true;
    }

    /** Whether its outputs are final states, without logits. */
    public boolean givesStates() {
        return givesStates;
    }

    /** True where the logits after this position, or its state, are wanted. */
    public boolean givesOutput(int position) {
        return position >= outputsFrom || position == length - 1;
    }

    /** How many of {@code count} positions from {@code start} on give logits or states. */
    int outputs(int start, int count) {
        int end = start + count;
        int read = Math.max(0, end - Math.max(start, outputsFrom));
        return read == 0 && end == length ? 1 : read;
    }

    /** How many of {@code count} positions from {@code start} on give logits. */
    int logits(int start, int count) {
        return givesStates ? 0 : outputs(start, count);
    }

    /** Tokens at most that may be taken from the prefix cache: the outputs of the others are wanted. */
    int reusable() {
        return Math.min(length - 1, outputsFrom);
    }

    /** Appends a sampled token. */
    public void append(int token) {
        if (length == maximumLength) {
            throw new IllegalStateException("the sequence is full with " + length + " tokens");
        }
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.min(maximumLength, length * 2));
        }
        tokens[length++] = token;
    }

    /** Number of its adapter, or {@link #NO_ADAPTER}. */
    public int adapter() {
        return adapter;
    }

    public int token(int position) {
        return tokens[position];
    }

    /** A copy of its last tokens, {@code count} at most. */
    public int[] lastTokens(int count) {
        return tokens(Math.max(0, length - count), length);
    }

    /** Tokens known: prompt and completion. */
    public int length() {
        return length;
    }

    public int promptLength() {
        return promptLength;
    }

    public int completionLength() {
        return length - promptLength;
    }

    /** Tokens that may still be appended. */
    public int room() {
        return maximumLength - length;
    }

    public boolean isFull() {
        return length == maximumLength;
    }

    /** Tokens whose keys and values are stored. */
    public int computed() {
        return computed;
    }

    /** Tokens that remain to be computed before the next one can be sampled. */
    public int pending() {
        return length - computed;
    }

    /** Ids of the KV blocks in order; entries beyond the blocks held are undefined. Replaced when it grows. */
    public int[] blockTable() {
        return blockTable;
    }

    int blocks() {
        return blocks;
    }

    void addBlock(int block) {
        if (blocks == blockTable.length) {
            blockTable = Arrays.copyOf(blockTable, blocks * 2);
        }
        blockTable[blocks++] = block;
    }

    void advance(int count) {
        computed += count;
    }

    long lastContent() {
        return lastContent;
    }

    int publishedBlocks() {
        return publishedBlocks;
    }

    /** Notes that the next full block is known to the prefix cache under this content id. */
    void published(long content) {
        lastContent = content;
        publishedBlocks++;
    }

    /** Begins with what another one has computed: {@code count} tokens, the full blocks among them published alike. */
    void forkedFrom(Sequence parent, int count) {
        computed = count;
        publishedBlocks = parent.publishedBlocks;
        lastContent = parent.lastContent;
    }

    int[] tokens(int from, int to) {
        return Arrays.copyOfRange(tokens, from, to);
    }

    /** True where its beginning was computed before, as it was preempted or goes on from another sequence. */
    boolean isContinued() {
        return continued;
    }

    void continued() {
        continued = true;
    }

    /**
     * Notes that it waits for another sequence to compute its next block; false where it did so at this block before: the
     * other one has not got it further, and it must not wait for ever.
     */
    boolean defer() {
        boolean further = publishedBlocks > deferredAt;
        deferredAt = Math.max(deferredAt, publishedBlocks);
        return further;
    }

    /** Forgets what was computed, as when its blocks are taken away. */
    void reset() {
        computed = 0;
        blocks = 0;
        publishedBlocks = 0;
        lastContent = BlockPool.root(adapter);
    }
}
