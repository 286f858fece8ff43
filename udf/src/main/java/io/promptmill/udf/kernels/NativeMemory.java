package io.promptmill.udf.kernels;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory outside the heap, freed all at once. Small pieces are cut from large blocks, which the system can back with huge
 * pages. Not counted against the limits that JavaCPP derives from the heap: the engine's own budgets bound it.
 * Thread-safe.
 */
final class NativeMemory implements AutoCloseable {
    /** A cache line, and the widest vector. */
    private static final int ALIGNMENT = 64;

    private final long blockBytes;
    private final List<Pointer> blocks = new ArrayList<>();
    private BytePointer block;
    private long used;
    private boolean closed;

    /**
     * @param blockBytes taken from the system at a time; a larger piece gets a block of its own
     */
    NativeMemory(long blockBytes) {
        this.blockBytes = blockBytes;
    }

    /**
     * Memory of undefined content, aligned to 64 bytes.
     *
     * @throws OutOfMemoryError where the system gives none
     */
    synchronized BytePointer allocate(long size) {
        if (closed) {
            throw new IllegalStateException("the engine's memory has been freed");
        }
        if (size > blockBytes) {
            return piece(newBlock(size), 0, size);
        }
        if (block == null || used + size > blockBytes) {
            block = newBlock(blockBytes);
            used = 0;
        }
        BytePointer piece = piece(block, used, size);
        used += size + ALIGNMENT - 1 & -ALIGNMENT;
        return piece;
    }

    private BytePointer newBlock(long size) {
        Pointer fresh = Pointer.malloc(size + ALIGNMENT);
        if (fresh == null || fresh.isNull()) {
            throw new OutOfMemoryError("the system gave no " + size + " bytes of native memory, for weights");
        }
        blocks.add(fresh);
        return new BytePointer(fresh).getPointer(-fresh.address() & ALIGNMENT - 1);
    }

    private static BytePointer piece(BytePointer from, long offset, long size) {
        return from.getPointer(offset).limit(size).capacity(size);
    }

    /** Frees everything; nothing allocated here may be used any more. */
    @Override
    public synchronized void close() {
        closed = true;
        blocks.forEach(Pointer::free);
        blocks.clear();
    }
}
