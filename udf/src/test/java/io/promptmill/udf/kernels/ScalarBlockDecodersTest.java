package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.promptmill.udf.tensor.BlockFormat;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ScalarBlockDecodersTest {
    private static final int BLOCKS = 200;

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void agreesWithTheDoublePrecisionTwinOnRandomBlocks(BlockFormat format) {
        Random random = new Random(format.ggufId());
        int values = BLOCKS * format.blockSize();
        byte[] source = new byte[BLOCKS * format.blockBytes()];
        random.nextBytes(source);
        float[] decoded = new float[values];
        ScalarBlockDecoders.of(format).decode(source, 0, decoded, 0, values);
        for (int index = 0; index < values; index++) {
            BlockTwin.Value expected = BlockTwin.value(format, source, index);
            if (Double.isNaN(expected.value())) {
                assertEquals(Float.NaN, decoded[index], format + " value " + index);
            } else if (Double.isInfinite(expected.value())) {
                assertEquals(expected.value(), decoded[index], format + " value " + index);
            } else {
                // Three roundings at most, each of half an ulp of the largest intermediate result.
                double tolerance = 2 * Math.ulp((float) expected.largest());
                assertEquals(expected.value(), decoded[index], tolerance, format + " value " + index);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void decodesAtOffsetsAndTouchesNothingElse(BlockFormat format) {
        byte[] blocks = new byte[3 * format.blockBytes()];
        new Random(1).nextBytes(blocks);
        int values = 3 * format.blockSize();
        float[] expected = new float[values];
        ScalarBlockDecoders.of(format).decode(blocks, 0, expected, 0, values);

        byte[] shifted = new byte[blocks.length + 12];
        System.arraycopy(blocks, 0, shifted, 5, blocks.length);
        float[] target = new float[values + 9];
        Arrays.fill(target, 42);
        ScalarBlockDecoders.of(format).decode(shifted, 5, target, 7, values);

        assertArrayEquals(expected, Arrays.copyOfRange(target, 7, 7 + values));
        assertArrayEquals(new float[] {42, 42, 42, 42, 42, 42, 42}, Arrays.copyOf(target, 7));
        assertArrayEquals(new float[] {42, 42}, Arrays.copyOfRange(target, 7 + values, target.length));
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void refusesRangesOutsideTheArraysBeforeWriting(BlockFormat format) {
        BlockDecoder decoder = ScalarBlockDecoders.of(format);
        int values = 2 * format.blockSize();
        byte[] source = new byte[2 * format.blockBytes()];
        Arrays.fill(source, (byte) 1);
        float[] target = new float[values];
        assertThrows(IndexOutOfBoundsException.class, () -> decoder.decode(source, 1, target, 0, values));
        assertThrows(IndexOutOfBoundsException.class, () -> decoder.decode(source, 0, target, 1, values));
        assertThrows(IllegalArgumentException.class, () -> decoder.decode(source, 0, target, 0, -values));
        if (format.blockSize() > 1) {
            assertThrows(IllegalArgumentException.class, () -> decoder.decode(source, 0, target, 0, values - 1));
        }
        assertArrayEquals(new float[values], target);
    }

    /** Every half against its definition, with the sign of zero. */
    @Test
    void convertsEveryHalf() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            double expected = BlockTwin.half(bits);
            float actual = HalfFloats.fromHalf(bits);
            assertEquals((float) expected, actual, "half " + Integer.toHexString(bits));
            assertEquals(bits >> 15, Float.floatToRawIntBits(actual) >>> 31, "sign of " + Integer.toHexString(bits));
        }
        assertEquals(65504f, HalfFloats.fromHalf(0x7BFF));
        assertEquals(0x1p-24f, HalfFloats.fromHalf(1));
        assertEquals(0.333251953125f, HalfFloats.fromHalf(0x3555));
    }
}
