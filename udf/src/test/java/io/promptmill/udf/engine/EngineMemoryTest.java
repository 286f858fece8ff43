package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.layers.KvCache;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineMemoryTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    /** Six layers of four heads with 32 features of keys and as many of values, two bytes each. */
    private static final long BYTES_PER_TOKEN = 6 * 4 * 64 * 2;

    @Test
    void isThatOfTheSettings() {
        EngineMemory memory = EngineMemory.of(DEMO, EngineConfig.DEFAULT);
        assertEquals("int8", memory.precision());
        assertEquals(ModelSummary.of(DEMO).packedWeightBytes(), memory.packedWeightBytes());
        assertEquals(2048 * 256 / 32 * 34, memory.mappedBytes());
        assertEquals(256, memory.context());
        assertEquals(256 * BYTES_PER_TOKEN, memory.contextBytes());
        EngineMemory exact = EngineMemory.of(DEMO, new EngineConfig(0, 0, 0, 100, 0, true, "f32", "auto"));
        assertEquals(0, exact.packedWeightBytes());
        assertEquals(ModelSummary.of(DEMO).weightBytes(), exact.mappedBytes());
        assertEquals(112 * BYTES_PER_TOKEN * 2, exact.contextBytes());
    }

    @Test
    void theLeastHeapIsTheLeast() {
        EngineMemory memory = EngineMemory.of(DEMO, EngineConfig.DEFAULT);
        long least = memory.leastHeapBytes();
        assertTrue(memory.holdsContext(least));
        assertFalse(memory.holdsContext(least - 3));
        assertEquals(256 - KvCache.BLOCK_TOKENS, memory.affordableContext(least - 3));
        EngineMemory configured = EngineMemory.of(DEMO, new EngineConfig(0, 0, 0, 0, 1 << 19, true, "auto", "auto"));
        assertFalse(configured.holdsContext(Long.MAX_VALUE));
    }

    @Test
    void aLimitMakesCachesSmallerAndChangesNothingElse() {
        long heap = Runtime.getRuntime().maxMemory();
        EngineConfig config = new EngineConfig(1, 0, 64, 0, 0, true, "f32", "f32");
        // Of the heap 2 MiB are left: 40% are less than the 3 MiB of one sequence, which stays possible.
        MemoryLimit tight = new MemoryLimit(EngineMemory.JVM_BYTES + (2L << 20), 0, "memory.max");
        try (LoadedModel free = LoadedModel.load(DEMO, config, List.of(), List.of(), MemoryLimit.NONE);
                LoadedModel held = LoadedModel.load(DEMO, config, List.of(), List.of(), tight)) {
            assertEquals(256, held.maximumContext());
            assertEquals(64, Math.min(free.limits().batchTokens(), held.limits().sequences() * 4));
            assertTrue(held.kvBlocks() < free.kvBlocks(), held.kvBlocks() + " of " + free.kvBlocks());
            assertEquals(256 / KvCache.BLOCK_TOKENS, held.kvBlocks());
        }
        MemoryLimit half = new MemoryLimit(EngineMemory.JVM_BYTES + heap / 2, 0, "memory.max");
        try (LoadedModel held = LoadedModel.load(DEMO, config, List.of(), List.of(), half)) {
            assertEquals(64L * 256 / KvCache.BLOCK_TOKENS, held.kvBlocks());
        }
    }

    @Test
    void weightsBeyondTheLimitAreRefusedWhenTheyAreLoaded() {
        EngineConfig config = new EngineConfig(1, 0, 0, 0, 0, true, "int8", "auto");
        MemoryLimit less = new MemoryLimit(60L << 20, 0, "memory.max");
        String message = assertThrows(
                        ConfigException.class, () -> LoadedModel.load(DEMO, config, List.of(), List.of(), less))
                .getMessage();
        assertTrue(message.contains("60 MiB in all (memory.max)"), message);
        assertTrue(message.contains("promptmill-demo-q8_0.gguf in int8"), message);
    }
}
