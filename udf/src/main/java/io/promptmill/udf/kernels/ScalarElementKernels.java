package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

/** Plain loops: what the vector kernels are held to. */
final class ScalarElementKernels implements ElementKernels {

    @Override
    public void add(float[] target, float[] addend, int from, int to) {
        for (int i = from; i < to; i++) {
            target[i] += addend[i];
        }
    }

    @Override
    public void scale(float[] values, float factor, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] *= factor;
        }
    }

    @Override
    public void clamp(float[] values, float limit, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = cut(values[i], limit);
        }
    }

    @Override
    public void softCap(float[] values, float cap, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = cap * HyperbolicTangent.tanh(values[i] / cap);
        }
    }

    @Override
    public void addBias(float[] target, int offset, float[] bias, int from, int to) {
        for (int f = from; f < to; f++) {
            for (int lane = 0; lane < LANES; lane++) {
                target[offset + (f - from) * LANES + lane] += bias[f];
            }
        }
    }

    @Override
    public void siluMultiply(float[] gate, float[] up, int from, int to) {
        for (int i = from; i < to; i++) {
            gate[i] = gate[i] / (1f + Exponential.exp(-gate[i])) * up[i];
        }
    }

    @Override
    public void geluMultiply(float[] gate, float[] up, int from, int to) {
        for (int i = from; i < to; i++) {
            gate[i] = GeluFormula.gelu(gate[i]) * up[i];
        }
    }

    @Override
    public void gelu(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = GeluFormula.gelu(values[i]);
        }
    }

    @Override
    public void limitedSiluMultiply(float[] gate, float[] up, float alpha, float limit, int from, int to) {
        for (int i = from; i < to; i++) {
            float x = Math.min(gate[i], limit);
            gate[i] = x / (1f + Exponential.exp(-alpha * x)) * (cut(up[i], limit) + 1f);
        }
    }

    private static float cut(float value, float limit) {
        return Math.max(-limit, Math.min(limit, value));
    }
}
