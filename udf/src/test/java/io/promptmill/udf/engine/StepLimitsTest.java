package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.model.ModelShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepLimitsTest {
    private static final ModelShape TINY_LLAMA =
            new ModelShape(22, 2048, 5632, 32, 4, 64, 64, 2048, 32_000, ModelShape.Experts.NONE);
    private static final ModelShape LLAMA_3_8B =
            new ModelShape(32, 4096, 14_336, 32, 8, 128, 128, 8192, 128_256, ModelShape.Experts.NONE);
    private static final ModelShape DEMO =
            new ModelShape(6, 256, 768, 8, 4, 32, 32, 256, 2048, ModelShape.Experts.NONE);

    @ParameterizedTest
    @CsvSource({
        // Threads, heap in MiB, tokens of a step and sequences.
        "2, 12288, 512, 208",
        "8, 12288, 1024, 208",
        "64, 65536, 2048, 512",
        "2, 2048, 512, 32",
        "2, 512, 368, 32"
    })
    void growWithThreadsAndHeap(int threads, long heapMebibytes, int batchTokens, int sequences) {
        assertEquals(
                new StepLimits(batchTokens, sequences),
                derive(TINY_LLAMA, threads, heapMebibytes, EngineConfig.DEFAULT));
    }

    @Test
    void aLargeModelInASmallHeapTakesSmallSteps() {
        assertEquals(new StepLimits(2048, 96), derive(LLAMA_3_8B, 32, 32_768, EngineConfig.DEFAULT));
        assertEquals(new StepLimits(160, 32), derive(LLAMA_3_8B, 32, 512, EngineConfig.DEFAULT));
        assertEquals(new StepLimits(16, 16), derive(LLAMA_3_8B, 32, 64, EngineConfig.DEFAULT));
    }

    @Test
    void aShortContextLetsMoreSequencesRun() {
        assertEquals(new StepLimits(512, 512), derive(DEMO, 2, 4_096, EngineConfig.DEFAULT));
    }

    @Test
    void whatIsConfiguredStays() {
        assertEquals(new StepLimits(7, 7), derive(TINY_LLAMA, 2, 12_288, config(7, 0)));
        assertEquals(new StepLimits(7, 3), derive(TINY_LLAMA, 2, 12_288, config(7, 3)));
        assertEquals(new StepLimits(512, 100), derive(TINY_LLAMA, 2, 12_288, config(0, 100)));
    }

    private static StepLimits derive(ModelShape shape, int threads, long heapMebibytes, EngineConfig config) {
        long heap = heapMebibytes << 20;
        return StepLimits.of(config, shape, KvPrecision.F32, threads, shape.contextLength(), heap * 2 / 5, heap);
    }

    private static EngineConfig config(int batchTokens, int sequences) {
        return new EngineConfig(0, batchTokens, sequences, 0, 0, true, "auto", "auto");
    }
}
