package io.promptmill.udf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.HubFolderWriter;
import io.promptmill.udf.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A model computes the same from a folder of Hugging Face transformers as from its GGUF file. */
class FolderModelTest {
    private static final int TOKENS = 40;
    /** Largest difference of logits where weights differ in their last bit: norms that are stored less one. */
    private static final float SLACK = 1e-4f;

    @TempDir
    private Path folder;

    @TestFactory
    List<DynamicTest> computesAsFromTheFile() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path gguf : ConformanceData.files("architectures", ".gguf")) {
            // Its rotary factors are no setting that transformers knows.
            boolean isOwn = gguf.getFileName().toString().equals("llama-tied.gguf");
            HubFolderWriter writer = new HubFolderWriter(gguf, BlockFormat.F32);
            if (!isOwn && writer.isKnown() && ModelRegistry.architectures().contains(writer.architecture())) {
                tests.add(DynamicTest.dynamicTest(gguf.getFileName().toString(), () -> compare(gguf, writer)));
            }
        }
        assertFalse(tests.isEmpty());
        return tests;
    }

    private void compare(Path gguf, HubFolderWriter writer) throws IOException {
        Path target = writer.writeTo(Files.createTempDirectory(folder, "model"), 2);
        try (ModelFile file = ModelFile.open(gguf);
                ModelFile published = writer.withVocabulary(target)) {
            float[] expected;
            try {
                expected = logits(file);
            } catch (ModelFileException variant) {
                assertTrue(variant.getMessage().contains("not supported"), variant.getMessage());
                Assumptions.abort(variant.getMessage());
                return;
            }
            boolean isExact = !writer.architecture().startsWith("gemma");
            assertArrayEquals(expected, logits(published), isExact ? 0 : SLACK);
            assertEquals(ModelRegistry.shape(file), ModelRegistry.shape(published));
        }
    }

    private static float[] logits(ModelFile file) {
        try (WorkerPool workers = new WorkerPool(2, "folder-model")) {
            Model model = ModelRegistry.load(
                    file, new Compute(KernelProvider.get(), workers), new ModelSize(TOKENS, TOKENS, TOKENS));
            int[] blocks = {0, 1, 2, 3, 4};
            StepBatch batch = new StepBatch(TOKENS);
            for (int position = 0; position < TOKENS; position++) {
                batch.add(17 * position % model.shape().vocabularySize(), position, blocks, true);
            }
            KvCache cache = model.shape().newKvCache(KvPrecision.F32, blocks.length);
            RowTiles logits = model.forward(batch, cache);
            float[] values = new float[logits.rows() * logits.features()];
            for (int row = 0; row < logits.rows(); row++) {
                logits.readRow(row, 0, logits.features(), values, row * logits.features());
            }
            return values;
        }
    }
}
