package io.promptmill.udf.layers;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import org.junit.jupiter.api.Test;

class BuffersTest {
    @Test
    void sizesBeyondAnArrayAreRefusedWithWhatWouldFit() {
        try (WorkerPool workers = new WorkerPool(1, "buffers")) {
            Compute compute = new Compute(KernelProvider.get(), workers);
            Buffers.Widths wide = new Buffers.Widths(64, 64, 64, 64, 64, 200_000);
            String outputs = assertThrows(ConfigException.class, () -> new Buffers(compute, wide, 16, 20_000))
                    .getMessage();
            assertTrue(outputs.contains("engine.max_sequences is 20000") && outputs.contains("10736"), outputs);
        }
        String rows = assertThrows(ConfigException.class, () -> new DenseFeedForward.Scratch(65_536, 50_000))
                .getMessage();
        assertTrue(rows.contains("engine.max_batch_tokens is 65536") && rows.contains("42944"), rows);
    }
}
