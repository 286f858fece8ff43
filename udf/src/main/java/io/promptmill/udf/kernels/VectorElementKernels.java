package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.VectorKernels.SPECIES;
import static io.promptmill.udf.kernels.VectorKernels.WIDTH;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ElementKernels} with vectors; what does not fill one is left to the scalar twin. */
final class VectorElementKernels implements ElementKernels {
    private final ElementKernels scalar = new ScalarElementKernels();

    /** The end of the whole vectors from {@code from} on. */
    private static int vectorEnd(int from, int to) {
        return from + (to - from) / WIDTH * WIDTH;
    }

    @Override
    public void add(float[] target, float[] addend, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            FloatVector.fromArray(SPECIES, target, i)
                    .add(FloatVector.fromArray(SPECIES, addend, i))
                    .intoArray(target, i);
        }
        scalar.add(target, addend, end, to);
    }

    @Override
    public void scale(float[] values, float factor, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            FloatVector.fromArray(SPECIES, values, i).mul(factor).intoArray(values, i);
        }
        scalar.scale(values, factor, end, to);
    }

    @Override
    public void clamp(float[] values, float limit, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            cut(FloatVector.fromArray(SPECIES, values, i), limit).intoArray(values, i);
        }
        scalar.clamp(values, limit, end, to);
    }

    @Override
    public void softCap(float[] values, float cap, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            tanh(FloatVector.fromArray(SPECIES, values, i).div(cap)).mul(cap).intoArray(values, i);
        }
        scalar.softCap(values, cap, end, to);
    }

    @Override
    public void addBias(float[] target, int offset, float[] bias, int from, int to) {
        for (int f = from; f < to; f++) {
            int start = offset + (f - from) * LANES;
            for (int i = start; i < start + LANES; i += WIDTH) {
                FloatVector.fromArray(SPECIES, target, i).add(bias[f]).intoArray(target, i);
            }
        }
    }

    @Override
    public void siluMultiply(float[] gate, float[] up, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            FloatVector x = FloatVector.fromArray(SPECIES, gate, i);
            x.div(onePlusExp(x.neg()))
                    .mul(FloatVector.fromArray(SPECIES, up, i))
                    .intoArray(gate, i);
        }
        scalar.siluMultiply(gate, up, end, to);
    }

    @Override
    public void geluMultiply(float[] gate, float[] up, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            gelu(FloatVector.fromArray(SPECIES, gate, i))
                    .mul(FloatVector.fromArray(SPECIES, up, i))
                    .intoArray(gate, i);
        }
        scalar.geluMultiply(gate, up, end, to);
    }

    @Override
    public void gelu(float[] values, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            gelu(FloatVector.fromArray(SPECIES, values, i)).intoArray(values, i);
        }
        scalar.gelu(values, end, to);
    }

    @Override
    public void limitedSiluMultiply(float[] gate, float[] up, float alpha, float limit, int from, int to) {
        int end = vectorEnd(from, to);
        for (int i = from; i < end; i += WIDTH) {
            FloatVector x = FloatVector.fromArray(SPECIES, gate, i).min(limit);
            FloatVector u = cut(FloatVector.fromArray(SPECIES, up, i), limit);
            x.div(onePlusExp(x.mul(-alpha))).mul(u.add(1f)).intoArray(gate, i);
        }
        scalar.limitedSiluMultiply(gate, up, alpha, limit, end, to);
    }

    private static FloatVector cut(FloatVector values, float limit) {
        return values.min(limit).max(-limit);
    }

    private static FloatVector onePlusExp(FloatVector x) {
        return VectorKernels.expUpToMaximum(x.min(Exponential.MAXIMUM)).add(1f);
    }

    private static FloatVector gelu(FloatVector x) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector exponent = x.mul(x.mul(GeluFormula.CUBE).fma(x, one)).mul(GeluFormula.FACTOR);
        return x.div(onePlusExp(exponent));
    }

    private static FloatVector tanh(FloatVector x) {
        FloatVector magnitude = x.abs();
        FloatVector z = x.mul(x);
        FloatVector p = z.fma(
                FloatVector.broadcast(SPECIES, HyperbolicTangent.C11),
                FloatVector.broadcast(SPECIES, HyperbolicTangent.C9));
        p = p.fma(z, FloatVector.broadcast(SPECIES, HyperbolicTangent.C7));
        p = p.fma(z, FloatVector.broadcast(SPECIES, HyperbolicTangent.C5));
        p = p.fma(z, FloatVector.broadcast(SPECIES, HyperbolicTangent.C3));
        FloatVector small = p.mul(z).fma(x, x);
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        FloatVector large = one.sub(FloatVector.broadcast(SPECIES, 2f).div(onePlusExp(magnitude.add(magnitude))));
        large = large.blend(large.neg(), x.compare(VectorOperators.LT, 0f));
        return large.blend(small, magnitude.compare(VectorOperators.LT, HyperbolicTangent.SMALL));
    }
}
