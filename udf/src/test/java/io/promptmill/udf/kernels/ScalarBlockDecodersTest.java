package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.promptmill.udf.tensor.BlockFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ScalarBlockDecodersTest {
    private static final int BLOCKS = 200;
    private static final int REFERENCE_BLOCKS = 1000;

    /**
     * The first half of the SHA-256 of the floats, low bytes first and NaN as {@code 0x7FC00000}, that the format's
     * authors (ggml-org/ggml 0.18.1, {@code dequantize_row_*}) decode from a thousand blocks of
     * {@code new Random(id of the format)}; their Python package has the same.
     */
    private static final Map<BlockFormat, String> REFERENCE = Map.ofEntries(
            Map.entry(BlockFormat.Q4_0, "58e942a82d12e98be4840b1488245cd1"),
            Map.entry(BlockFormat.Q4_1, "b54ab63d4524b611ffb78c24b4bf72e9"),
            Map.entry(BlockFormat.Q5_0, "3bc105606913cc3bcd43df78e2c82d64"),
            Map.entry(BlockFormat.Q5_1, "435f1fee4d9ce2fab97d4deb47bc9f78"),
            Map.entry(BlockFormat.Q8_0, "f11790db5efa7e814cf8510c32cbfb67"),
            Map.entry(BlockFormat.Q2_K, "51b6c1fb1c52fa8a2fdaa65caa31c02e"),
            Map.entry(BlockFormat.Q3_K, "6ebaad81cd10729dcfff9d1efcf5ad0c"),
            Map.entry(BlockFormat.Q4_K, "8d83f62565f6333f81ff4594e5372e6d"),
            Map.entry(BlockFormat.Q5_K, "c00d9abe7f13a15dc655af7e669e91b5"),
            Map.entry(BlockFormat.Q6_K, "d09acb19f33b474a3896a17200dfd07c"),
            Map.entry(BlockFormat.IQ2_XXS, "53dd80dd0fe67ecf2f5519521f6cfc72"),
            Map.entry(BlockFormat.IQ2_XS, "7aa0e95a77be67c09358c076e3f5b821"),
            Map.entry(BlockFormat.IQ3_XXS, "e36c4c866ce1ebf9d92758943a85ec84"),
            Map.entry(BlockFormat.IQ1_S, "2b575dcde63276b9df2ceed059489da2"),
            Map.entry(BlockFormat.IQ4_NL, "f6c87ec27ee9c1f4fe1453ab5c6eb370"),
            Map.entry(BlockFormat.IQ3_S, "392cdcd543629eed88d4598e6948870a"),
            Map.entry(BlockFormat.IQ2_S, "12a2d4220ec019c5cf5de15c4ece5c5d"),
            Map.entry(BlockFormat.IQ4_XS, "868eab23e6e5fc9742849627764c5b41"),
            Map.entry(BlockFormat.IQ1_M, "30cb2a5b87d45bad6a4d125f0e3e4365"),
            Map.entry(BlockFormat.TQ1_0, "6dc2d92e1964feefe0f415355b9dda60"),
            Map.entry(BlockFormat.TQ2_0, "7f3e9fac3b51aafc79f2b3cf941964e5"),
            Map.entry(BlockFormat.MXFP4, "c93942fed5cdbfc332e8e6b2b24224a7"),
            Map.entry(BlockFormat.NVFP4, "f579836092b9692c7b9e6f287f614c16"),
            Map.entry(BlockFormat.Q1_0, "4aaa30c84a76c139ee88322c28aa6dbf"),
            Map.entry(BlockFormat.Q2_0, "a5cb543dea90026addeb569a52586c72"));

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void agreesWithTheDoublePrecisionTwinOnRandomBlocks(BlockFormat format) {
        Random random = new Random(format.ggufId());
        int values = BLOCKS * format.blockSize();
        byte[] source = new byte[BLOCKS * format.blockBytes()];
        random.nextBytes(source);
        Arrays.fill(source, 0, format.blockBytes(), (byte) 0);
        Arrays.fill(source, format.blockBytes(), 2 * format.blockBytes(), (byte) -1);
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
    @EnumSource(
            value = BlockFormat.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F32", "F16", "BF16"})
    void decodesRandomBlocksAsTheirAuthorsDo(BlockFormat format) throws NoSuchAlgorithmException {
        byte[] source = new byte[REFERENCE_BLOCKS * format.blockBytes()];
        new Random(format.ggufId()).nextBytes(source);
        float[] decoded = new float[REFERENCE_BLOCKS * format.blockSize()];
        ScalarBlockDecoders.of(format).decode(source, 0, decoded, 0, decoded.length);
        ByteBuffer bytes = ByteBuffer.allocate(decoded.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : decoded) {
            bytes.putInt(Float.floatToIntBits(value));
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
        assertEquals(REFERENCE.get(format), HexFormat.of().formatHex(digest, 0, 16));
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
