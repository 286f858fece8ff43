package io.promptmill.udf.tensor;

/** Random-access bytes that hold weights, usually a mapped file. Thread-safe. */
public interface ByteStorage {

    /** Total bytes. */
    long size();

    /**
     * Copies {@code length} bytes from {@code offset} into {@code target}.
     *
     * @throws IndexOutOfBoundsException where the range is not inside this storage or the target
     */
    void read(long offset, byte[] target, int targetOffset, int length);

    /**
     * As {@link #read}, for bytes that are needed once: where the storage is a mapped file, its pages do not become part
     * of this process's memory.
     */
    default void load(long offset, byte[] target, int targetOffset, int length) {
        read(offset, target, targetOffset, length);
    }
}
