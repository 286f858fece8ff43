package io.promptmill.udf.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Halves in arrays of shorts, a vector at a time, bit for bit as {@link ScalarKernels} has them. */
final class VectorHalves {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.SPECIES;
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final int WIDTH = VectorKernels.WIDTH;
    /** None where vectors hold two floats: there is no shape for two shorts. */
    private static final VectorSpecies<Short> SHORTS =
            WIDTH < 4 ? null : VectorSpecies.of(short.class, VectorShape.forBitSize(WIDTH * Short.SIZE));

    /** Whether there are vectors of halves. */
    static final boolean AVAILABLE = SHORTS != null;

    private static final Kernels SCALAR = new ScalarKernels();

    private VectorHalves() {}

    static void encode(float[] source, int sourceOffset, short[] target, int targetOffset, int count) {
        int i = 0;
        for (; SHORTS != null && i + WIDTH <= count; i += WIDTH) {
            IntVector bits =
                    FloatVector.fromArray(FLOATS, source, sourceOffset + i).reinterpretAsInts();
            IntVector magnitude = bits.and(0x7FFFFFFF);
            IntVector bounded = magnitude.min(HalfFloats.LARGEST);
            IntVector exponent = bounded.and(HalfFloats.INFINITY).max(HalfFloats.SMALLEST_EXPONENT);
            IntVector rounding = exponent.add(HalfFloats.ROUNDING_EXPONENT);
            IntVector rounded = bounded.reinterpretAsFloats()
                    .add(rounding.reinterpretAsFloats())
                    .reinterpretAsInts();
            IntVector half = rounded.sub(rounding)
                    .add(exponent.sub(HalfFloats.SMALLEST_EXPONENT).lanewise(VectorOperators.LSHR, 13))
                    .blend(HalfFloats.NOT_A_NUMBER, magnitude.compare(VectorOperators.GE, HalfFloats.INFINITY))
                    .or(bits.lanewise(VectorOperators.LSHR, 16).and(0x8000));
            ((ShortVector) half.convertShape(VectorOperators.I2S, SHORTS, 0)).intoArray(target, targetOffset + i);
        }
        SCALAR.toHalves(source, sourceOffset + i, target, targetOffset + i, count - i);
    }

    /**
     * Moving exponent and mantissa of a half into a float's places makes its value 2^-112 times too small, for numbers
     * below the normal range too. An exponent of all ones is then 2^16, which overflows when multiplied once more, and
     * infinity times zero is what makes it NaN.
     */
    static void decode(short[] source, int sourceOffset, float[] target, int targetOffset, int count) {
        int i = 0;
        for (; SHORTS != null && i + WIDTH <= count; i += WIDTH) {
            FloatVector value = finite(source, sourceOffset + i);
            value.mul(0x1p112f).fma(FloatVector.zero(FLOATS), value).intoArray(target, targetOffset + i);
        }
        SCALAR.fromHalves(source, sourceOffset + i, target, targetOffset + i, count - i);
    }

    /** The values of a vector of halves, all of them finite. */
    static FloatVector finite(short[] source, int offset) {
        IntVector half =
                (IntVector) ShortVector.fromArray(SHORTS, source, offset).convertShape(VectorOperators.S2I, INTS, 0);
        return half.lanewise(VectorOperators.LSHL, 13)
                .and(0x8FFFE000)
                .reinterpretAsFloats()
                .mul(0x1p112f);
    }
}
