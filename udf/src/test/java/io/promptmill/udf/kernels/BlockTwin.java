package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.BlockFormat;
import java.math.BigInteger;

/**
 * One value of a stored tensor at a time, in double precision, from the description of the format alone: blocks are
 * treated as strings of bits, so that nothing of the decoders under test is repeated here.
 */
final class BlockTwin {
    /** A value, and the largest magnitude met on the way to it, for tolerances. */
    record Value(double value, double largest) {}

    private BlockTwin() {}

    static Value value(BlockFormat format, byte[] source, int index) {
        int block = index / format.blockSize() * format.blockBytes();
        int j = index % format.blockSize();
        return switch (format) {
            case F32 -> plain(Float.intBitsToFloat((int) bits(source, block, 0, 32)));
            case F16 -> plain(half((int) bits(source, block, 0, 16)));
            case BF16 -> plain(Float.intBitsToFloat((int) bits(source, block, 0, 16) << 16));
            case Q4_0 -> scaled(halfAt(source, block), nibble(source, block + 2, j) - 8);
            case Q4_1 -> shifted(halfAt(source, block), nibble(source, block + 4, j), halfAt(source, block + 2));
            case Q5_0 ->
                scaled(
                        halfAt(source, block),
                        nibble(source, block + 6, j) + 16 * (int) bits(source, block + 2, j, 1) - 16);
            case Q5_1 ->
                shifted(
                        halfAt(source, block),
                        nibble(source, block + 8, j) + 16 * (int) bits(source, block + 4, j, 1),
                        halfAt(source, block + 2));
            case Q8_0 -> scaled(halfAt(source, block), source[block + 2 + j]);
            case Q4_K -> superBlock(source, block, j, superNibble(source, block + 16, j));
            case Q5_K ->
                superBlock(
                        source,
                        block,
                        j,
                        superNibble(source, block + 48, j) + 16 * (int) bits(source, block + 16 + j % 32, j / 32, 1));
            case Q6_K -> {
                int low = (int) bits(source, block + j / 128 * 64 + j % 64, j % 128 / 64 * 4, 4);
                int high = (int) bits(source, block + 128 + j / 128 * 32 + j % 32, j % 128 / 32 * 2, 2);
                double scale = halfAt(source, block + 208) * source[block + 192 + j / 16];
                yield scaled(scale, low + 16 * high - 32);
            }
        };
    }

    /** IEEE 754 binary16: sign, five bits of exponent with bias 15, ten of fraction. */
    static double half(int bits) {
        double sign = bits >> 15 == 0 ? 1 : -1;
        int exponent = bits >> 10 & 31;
        double fraction = (bits & 1023) / 1024.0;
        if (exponent == 31) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0 ? sign * fraction * Math.pow(2, -14) : sign * (1 + fraction) * Math.pow(2, exponent - 15);
    }

    private static double halfAt(byte[] source, int offset) {
        return half((int) bits(source, offset, 0, 16));
    }

    /** {@code count} bits from bit {@code first} of the little-endian number that begins at {@code offset}. */
    private static long bits(byte[] source, int offset, int first, int count) {
        byte[] bigEndian = new byte[1 + (first + count + 7) / 8];
        for (int index = 1; index < bigEndian.length; index++) {
            bigEndian[bigEndian.length - index] = source[offset + index - 1];
        }
        return new BigInteger(bigEndian)
                .shiftRight(first)
                .and(BigInteger.ONE.shiftLeft(count).subtract(BigInteger.ONE))
                .longValueExact();
    }

    /** Value {@code j} of 32 four-bit numbers, the second half of them in the high nibbles. */
    private static int nibble(byte[] source, int offset, int j) {
        return (int) bits(source, offset + j % 16, j / 16 * 4, 4);
    }

    /** Value {@code j} of 256 four-bit numbers: each 64 of them share 32 bytes. */
    private static int superNibble(byte[] source, int offset, int j) {
        return (int) bits(source, offset + j / 64 * 32 + j % 32, j % 64 / 32 * 4, 4);
    }

    /** Scales and minima: eight pairs of six bits, as llama.cpp packs them in twelve bytes after two halves. */
    private static Value superBlock(byte[] source, int block, int j, int quant) {
        int run = j / 32;
        int packed = block + 4;
        long scale;
        long minimum;
        if (run < 4) {
            scale = bits(source, packed + run, 0, 6);
            minimum = bits(source, packed + run + 4, 0, 6);
        } else {
            scale = bits(source, packed + run + 4, 0, 4) + 16 * bits(source, packed + run - 4, 6, 2);
            minimum = bits(source, packed + run + 4, 4, 4) + 16 * bits(source, packed + run, 6, 2);
        }
        return shifted(halfAt(source, block) * scale, quant, -halfAt(source, block + 2) * minimum);
    }

    private static Value plain(double value) {
        return new Value(value, Math.abs(value));
    }

    private static Value scaled(double scale, int quant) {
        return plain(scale * quant);
    }

    private static Value shifted(double scale, int quant, double shift) {
        double product = scale * quant;
        return new Value(product + shift, Math.max(Math.abs(product), Math.abs(shift)));
    }
}
