package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import org.junit.jupiter.api.Test;

class BuffersTest {
    private static final ModelShape WIDE = new ModelShape(1, 64, 50_000, 4, 4, 16, 128, 200_000);

    @Test
    void sizesBeyondAnArrayAreRefusedWithWhatWouldFit() {
        String rows = assertThrows(ConfigException.class, () -> new Buffers(WIDE, 65_536, 1))
                .getMessage();
        assertTrue(rows.contains("engine.max_batch_tokens is 65536") && rows.contains("42944"), rows);
        String outputs = assertThrows(ConfigException.class, () -> new Buffers(WIDE, 16, 20_000))
                .getMessage();
        assertTrue(outputs.contains("engine.max_sequences is 20000") && outputs.contains("10736"), outputs);
    }
}
