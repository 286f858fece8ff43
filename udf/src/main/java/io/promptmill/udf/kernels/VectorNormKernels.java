package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.VectorKernels.SPECIES;
import static io.promptmill.udf.kernels.VectorKernels.WIDTH;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link NormKernels} with a row to a lane. */
final class VectorNormKernels implements NormKernels {

    @Override
    public void rms(
            float[] input,
            int offset,
            int features,
            float[] weight,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset) {
        FloatVector zero = FloatVector.zero(SPECIES);
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            FloatVector scale = inverseRoot(squares(input, offset + lane, features, zero), features, epsilon);
            for (int f = 0; f < features; f++) {
                at(input, offset + lane, f)
                        .mul(scale)
                        .mul(weight[weightOffset + f])
                        .intoArray(output, outputOffset + lane + f * LANES);
            }
        }
    }

    @Override
    public void layer(
            float[] input,
            int offset,
            int features,
            float[] weight,
            float[] bias,
            int weightOffset,
            float epsilon,
            float[] output,
            int outputOffset) {
        for (int lane = 0; lane < LANES; lane += WIDTH) {
            FloatVector mean = sum(input, offset + lane, features).div(features);
            FloatVector scale = inverseRoot(squares(input, offset + lane, features, mean), features, epsilon);
            for (int f = 0; f < features; f++) {
                at(input, offset + lane, f)
                        .sub(mean)
                        .mul(scale)
                        .mul(weight[weightOffset + f])
                        .intoArray(output, outputOffset + lane + f * LANES);
            }
            for (int f = 0; bias != null && f < features; f++) {
                at(output, outputOffset + lane, f)
                        .add(bias[weightOffset + f])
                        .intoArray(output, outputOffset + lane + f * LANES);
            }
        }
    }

    private static FloatVector at(float[] input, int start, int feature) {
        return FloatVector.fromArray(SPECIES, input, start + feature * LANES);
    }

    /** The sum of each lane; four chains of additions hide the time of one. */
    private static FloatVector sum(float[] input, int start, int features) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int f = 0;
        for (; f + 4 <= features; f += 4) {
            s0 = s0.add(at(input, start, f));
            s1 = s1.add(at(input, start, f + 1));
            s2 = s2.add(at(input, start, f + 2));
            s3 = s3.add(at(input, start, f + 3));
        }
        if (f < features) {
            s0 = s0.add(at(input, start, f));
        }
        if (f + 1 < features) {
            s1 = s1.add(at(input, start, f + 1));
        }
        if (f + 2 < features) {
            s2 = s2.add(at(input, start, f + 2));
        }
        return s0.add(s1).add(s2.add(s3));
    }

    /** The sum of the squared distances from {@code centre} of each lane. */
    private static FloatVector squares(float[] input, int start, int features, FloatVector centre) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int f = 0;
        for (; f + 4 <= features; f += 4) {
            FloatVector v0 = at(input, start, f).sub(centre);
            FloatVector v1 = at(input, start, f + 1).sub(centre);
            FloatVector v2 = at(input, start, f + 2).sub(centre);
            FloatVector v3 = at(input, start, f + 3).sub(centre);
            s0 = v0.fma(v0, s0);
            s1 = v1.fma(v1, s1);
            s2 = v2.fma(v2, s2);
            s3 = v3.fma(v3, s3);
        }
        if (f < features) {
            FloatVector v = at(input, start, f).sub(centre);
            s0 = v.fma(v, s0);
        }
        if (f + 1 < features) {
            FloatVector v = at(input, start, f + 1).sub(centre);
            s1 = v.fma(v, s1);
        }
        if (f + 2 < features) {
            FloatVector v = at(input, start, f + 2).sub(centre);
            s2 = v.fma(v, s2);
        }
        return s0.add(s1).add(s2.add(s3));
    }

    private static FloatVector inverseRoot(FloatVector squares, int features, float epsilon) {
        FloatVector mean = squares.div(features);
        return FloatVector.broadcast(SPECIES, 1f)
                .div(mean.add(epsilon).lanewise(VectorOperators.SQRT))
                .add(mean.mul(0f));
    }
}
