package io.promptmill.udf.kernels;

import java.util.Locale;

/** What matrix products round. Everything else is computed in 32-bit floats. */
public enum Precision {
    /** Nothing: weights as stored, activations and sums in 32-bit floats. */
    F32,
    /** Activations are rounded to bfloat16; weights of up to eight bits stay as stored, wider ones are rounded too. */
    BF16,
    /** Activations are rounded to eight bits with a scale per row, weights to eight bits with a scale per output. */
    INT8;

    /** As written in settings and reports. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
