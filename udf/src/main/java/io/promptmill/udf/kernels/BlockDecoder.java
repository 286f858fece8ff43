package io.promptmill.udf.kernels;

/** Turns stored blocks of one {@link io.promptmill.udf.tensor.BlockFormat} into floats. Stateless and thread-safe. */
@FunctionalInterface
public interface BlockDecoder {

    /**
     * Decodes {@code values} values, a whole number of blocks, from {@code source} at {@code sourceOffset} into
     * {@code target} at {@code targetOffset}. NaN and infinities pass through as stored.
     *
     * @throws IllegalArgumentException where {@code values} is negative or not a multiple of the block size
     * @throws IndexOutOfBoundsException where the blocks or the values do not lie within the arrays; nothing has been
     *     written then
     */
    void decode(byte[] source, int sourceOffset, float[] target, int targetOffset, int values);
}
