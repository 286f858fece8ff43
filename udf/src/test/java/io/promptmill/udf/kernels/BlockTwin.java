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

    private static final int[] IQ4 = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

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
            case Q1_0 -> scaled(halfAt(source, block), 2 * (int) bits(source, block + 2, j, 1) - 1);
            case Q2_0 -> scaled(halfAt(source, block), (int) bits(source, block + 2, 2 * j, 2) - 1);
            case Q2_K ->
                shifted(
                        halfAt(source, block + 80) * bits(source, block + j / 16, 0, 4),
                        superPair(source, block + 16, j),
                        -halfAt(source, block + 82) * bits(source, block + j / 16, 4, 4));
            case Q3_K -> {
                int run = j / 16;
                long scale = bits(source, block + 96 + run % 8, run / 8 * 4, 4)
                        + 16 * bits(source, block + 104 + run % 4, run / 4 * 2, 2);
                int quant = superPair(source, block + 32, j) + 4 * (int) bits(source, block + j % 32, j / 32, 1);
                yield scaled(halfAt(source, block + 108) * (scale - 32), quant - 4);
            }
            case TQ1_0 -> scaled(halfAt(source, block + 52), ternaryDigit(source, block, j) - 1);
            case TQ2_0 -> scaled(halfAt(source, block + 64), superPair(source, block, j) - 1);
            case IQ4_NL -> scaled(halfAt(source, block), IQ4[nibble(source, block + 2, j)]);
            case IQ4_XS -> {
                int run = j / 32;
                long scale = bits(source, block + 4, run * 4, 4) + 16 * bits(source, block + 2, run * 2, 2) - 32;
                yield scaled(halfAt(source, block) * scale, IQ4[nibble(source, block + 8 + run * 16, j % 32)]);
            }
            case MXFP4 -> plain(Math.pow(2, (source[block] & 0xFF) - 127) * fourBitFloat(nibble(source, block + 1, j)));
            case NVFP4 -> {
                int nibble = (int) bits(source, block + 4 + j / 16 * 8 + j % 8, j % 16 / 8 * 4, 4);
                yield plain(eightBitFloat(source[block + j / 16] & 0xFF) * fourBitFloat(nibble));
            }
            default -> plain(CodebookTwin.value(format, source, block, j));
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

    /** A sign, two bits of exponent with bias 1, one of fraction. */
    private static double fourBitFloat(int bits) {
        double sign = bits >> 3 == 0 ? 1 : -1;
        double fraction = (bits & 1) / 2.0;
        int exponent = bits >> 1 & 3;
        return exponent == 0 ? sign * fraction + 0.0 : sign * (1 + fraction) * Math.pow(2, exponent - 1);
    }

    /** Four bits of exponent with bias 7, three of fraction; what would be NaN is zero. */
    private static double eightBitFloat(int bits) {
        double fraction = (bits & 7) / 8.0;
        int exponent = bits >> 3 & 15;
        if (bits == 127) {
            return 0;
        }
        return exponent == 0 ? fraction * Math.pow(2, -6) : (1 + fraction) * Math.pow(2, exponent - 7);
    }

    static double halfAt(byte[] source, int offset) {
        return half((int) bits(source, offset, 0, 16));
    }

    /** {@code count} bits from bit {@code first} of the little-endian number that begins at {@code offset}. */
    static long bits(byte[] source, int offset, int first, int count) {
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

    /** Value {@code j} of 256 two-bit numbers: each 128 of them share 32 bytes. */
    private static int superPair(byte[] source, int offset, int j) {
        return (int) bits(source, offset + j / 128 * 32 + j % 32, j % 128 / 32 * 2, 2);
    }

    /** Digit {@code j}, 0 to 2, of TQ1_0: a byte over 256 is a fraction in base three. */
    private static int ternaryDigit(byte[] source, int block, int j) {
        int bytes = j < 160 ? 32 : j < 240 ? 16 : 4;
        int first = j < 160 ? 0 : j < 240 ? 160 : 240;
        int stored = source[block + first / 5 + (j - first) % bytes] & 0xFF;
        return (int) (Math.floor(stored * Math.pow(3, (j - first) / bytes + 1) / 256) % 3);
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
