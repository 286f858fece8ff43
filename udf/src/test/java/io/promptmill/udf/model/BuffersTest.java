package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.tensor.RowTiles;
import java.util.List;
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

    @Test
    void takeTheMemoryThatTheShapeTells() {
        ModelShape shape = new ModelShape(1, 48, 80, 4, 2, 16, 128, 100);
        Buffers buffers = new Buffers(shape, 64, 32);
        long rows = 0;
        for (RowTiles tiles : List.of(
                buffers.stream,
                buffers.normed,
                buffers.queries,
                buffers.keys,
                buffers.values,
                buffers.attended,
                buffers.gated,
                buffers.raised)) {
            rows += tiles.data().length;
        }
        assertEquals(rows * Float.BYTES, 64 * shape.activationBytesPerRow());
        long outputs = buffers.selected.data().length + buffers.logits.data().length;
        assertEquals(outputs * Float.BYTES, 32 * shape.activationBytesPerOutput());
    }
}
