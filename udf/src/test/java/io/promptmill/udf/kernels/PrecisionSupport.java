package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.promptmill.udf.error.ConfigException;

/** What this machine can compute in. */
public final class PrecisionSupport {
    private PrecisionSupport() {}

    /** Skips a test where the processor or the native library for bf16 is missing. */
    public static void assumeBf16() {
        assumeTrue(hasBf16(), "no bf16 on this machine");
    }

    public static boolean hasBf16() {
        try (Kernels kernels = KernelProvider.open(Precision.BF16)) {
            return true;
        } catch (ConfigException e) {
            return false;
        }
    }
}
