package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import org.junit.jupiter.api.Test;

class HeapRoomTest {
    private static final long GIB = 1L << 30;

    @Test
    void aLimitThatHoldsEverythingTakesNothing() {
        assertEquals(4 * GIB, new HeapRoom(MemoryLimit.NONE, 4 * GIB, 7 * GIB, 0).bytes());
        HeapRoom exact = new HeapRoom(limit(11 * GIB + EngineMemory.JVM_BYTES), 4 * GIB, 7 * GIB, 0);
        assertEquals(4 * GIB, exact.bytes());
        assertFalse(exact.isLimited());
        assertEquals(11 * GIB + EngineMemory.JVM_BYTES, exact.wantedLimit());
        exact.requireWeights("weights");
    }

    @Test
    void theHeapIsWorthWhatTheLimitLeaves() {
        HeapRoom room = new HeapRoom(limit(8 * GIB + EngineMemory.JVM_BYTES), 4 * GIB, 7 * GIB, 0);
        assertEquals(GIB, room.bytes());
        assertTrue(room.isLimited());
        room.requireWeights("weights");
        assertEquals(0, new HeapRoom(limit(7 * GIB + (300L << 20)), 4 * GIB, 7 * GIB, 0).bytes());
    }

    @Test
    void weightsThatDoNotFitAreRefusedWithLimitAndNeed() {
        HeapRoom room = new HeapRoom(limit(6 * GIB), 4 * GIB, 7 * GIB, 0);
        String message = assertThrows(ConfigException.class, () -> room.requireWeights("the weights of m"))
                .getMessage();
        for (String part : new String[] {
            "the weights of m take 7168 MiB", "6144 MiB in all (memory.max)", "memoryOverhead by at least 5504 MiB"
        }) {
            assertTrue(message.contains(part), message);
        }
        new HeapRoom(new MemoryLimit(6 * GIB, 2 * GIB, "memory.max"), 4 * GIB, 7 * GIB, 0).requireWeights("w");
    }

    @Test
    void weightsOnTheHeapLeaveTheRestOfIt() {
        HeapRoom room = new HeapRoom(MemoryLimit.NONE, 10 * GIB, 0, 7 * GIB);
        assertEquals(3 * GIB, room.bytes());
        assertFalse(room.isLimited());
        room.requireWeights("weights");
        HeapRoom full = new HeapRoom(MemoryLimit.NONE, 7 * GIB, 0, 7 * GIB);
        String message = assertThrows(ConfigException.class, () -> full.requireWeights("weights"))
                .getMessage();
        assertTrue(message.contains("spark.executor.memory (-Xmx) to at least 10752 MiB"), message);
    }

    private static MemoryLimit limit(long bytes) {
        return new MemoryLimit(bytes, 0, "memory.max");
    }
}
