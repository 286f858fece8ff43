package io.promptmill.udf.kernels;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory outside the heap, freed all at once. Not counted against the limits that JavaCPP derives from the heap: the
 * engine's own budgets bound it. Thread-safe.
 */
final class NativeMemory implements AutoCloseable {
    /** A cache line, and the widest vector. */
    private static final int ALIGNMENT = 64;

    private final List<Pointer> blocks = new ArrayList<>();
    private long bytes;
    private boolean closed;

    /**
     * Memory of undefined content, aligned to 64 bytes.
     *
     * @throws OutOfMemoryError where the system gives none
     */
    synchronized BytePointer allocate(long size) {
        if (closed) {
            throw new IllegalStateException("the engine's memory has been freed");
        }
        Pointer block = Pointer.malloc(size + ALIGNMENT);
        if (block == null || block.isNull()) {
            throw new OutOfMemoryError(
                    "the system gave no " + size + " bytes of native memory for weights; " + bytes + " are taken");
        }
        blocks.add(block);
        bytes += size;
        BytePointer aligned = new BytePointer(block);
        long skip = -block.address() & ALIGNMENT - 1;
        return aligned.getPointer(skip).limit(size).capacity(size);
    }

    /** Bytes allocated. */
    synchronized long bytes() {
        return bytes;
    }

    /** Frees everything; nothing allocated here may be used any more. */
    @Override
    public synchronized void close() {
        closed = true;
        blocks.forEach(Pointer::free);
        blocks.clear();
    }
}
