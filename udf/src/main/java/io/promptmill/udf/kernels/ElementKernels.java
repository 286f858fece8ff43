package io.promptmill.udf.kernels;

/**
 * Arithmetic on each number by itself, for elements {@code [from, to)} of the backing arrays of activations. Thread-safe
 * for disjoint ranges.
 */
public interface ElementKernels {

    /** {@code target += addend}. */
    void add(float[] target, float[] addend, int from, int to);

    /** {@code values *= factor}. */
    void scale(float[] values, float factor, int from, int to);

    /** Cuts values to {@code [-limit, limit]}. */
    void clamp(float[] values, float limit, int from, int to);

    /** {@code values = cap * tanh(values / cap)} (Gemma Team 2024, arXiv:2408.00118). */
    void softCap(float[] values, float cap, int from, int to);

    /**
     * Adds a number of its own to each feature of a tile: {@code target[offset + (f - from) * 16 + lane] += bias[f]} for
     * the features {@code [from, to)}.
     */
    void addBias(float[] target, int offset, float[] bias, int from, int to);

    /** {@code gate = gate * sigmoid(gate) * up}; the exponential is {@link Exponential}. */
    void siluMultiply(float[] gate, float[] up, int from, int to);

    /** {@code gate = gelu(gate) * up}, with {@link #gelu}. */
    void geluMultiply(float[] gate, float[] up, int from, int to);

    /**
     * {@code values = gelu(values)} in the form with a tangent, which is {@code x * sigmoid(2 u)} with
     * {@code u = sqrt(2 / pi) * (x + 0.044715 x^3)} (Hendrycks and Gimpel 2016, arXiv:1606.08415).
     */
    void gelu(float[] values, int from, int to);

    /**
     * The gate of gpt-oss (OpenAI 2025, arXiv:2508.10925): {@code g = min(gate, limit)},
     * {@code gate = g * sigmoid(alpha * g) * (1 + u)} with {@code u} = {@code up} cut to {@code [-limit, limit]}.
     */
    void limitedSiluMultiply(float[] gate, float[] up, float alpha, float limit, int from, int to);
}
