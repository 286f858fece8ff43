package io.promptmill.udf.kernels;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelProviderTest {

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void opensOnEveryProcessor(Precision precision) {
        assertDoesNotThrow(() -> KernelProvider.open(precision).close());
    }
}
