package io.promptmill.udf.model;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.layers.LowRankAdapters;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A model with adapters, and texts that are computed by it in any steps. */
final class AdaptedModel implements AutoCloseable {
    private static final int TEXTS = 64;

    private final ModelFile file;
    private final Kernels kernels;
    private final WorkerPool workers;
    private final Model model;
    private final KvCache cache;
    private final int blocksPerText;
    private int texts;

    private AdaptedModel(
            ModelFile file, String precision, List<LoraAdapter> adapters, List<Double> scales, int context) {
        this.file = file;
        kernels = KernelProvider.open(Precision.valueOf(precision.toUpperCase(Locale.ROOT)));
        workers = new WorkerPool(2, "adapted");
        List<LowRankAdapters.Adapter> opened = new ArrayList<>();
        for (int i = 0; i < adapters.size(); i++) {
            LoraAdapter adapter = adapters.get(i);
            opened.add(new LowRankAdapters.Adapter(adapter.source(), adapter.tensors(file), scales.get(i)));
        }
        LowRankAdapters lowRank =
                new LowRankAdapters(opened, kernels, Precision.valueOf(precision.toUpperCase(Locale.ROOT)));
        model = ModelRegistry.load(file, new Compute(kernels, workers, lowRank), new ModelSize(256, 256, context));
        lowRank.finish();
        adapters.forEach(LoraAdapter::close);
        blocksPerText = context / KvCache.BLOCK_TOKENS + 1;
        cache = model.shape().newKvCache(KvPrecision.F32, TEXTS * blocksPerText);
    }

    /** With adapters, which it closes; the model's file is closed with it. */
    static AdaptedModel load(
            ModelFile base, String precision, List<LoraAdapter> adapters, List<Double> scales, int context) {
        return new AdaptedModel(base, precision, adapters, scales, context);
    }

    /** A new text by an adapter. */
    Text text(int adapter) {
        int[] blocks = new int[blocksPerText];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = texts * blocksPerText + i;
        }
        texts++;
        return new Text(adapter, blocks);
    }

    /** What is known of a text so far lies in the cache. */
    final class Text {
        private final int adapter;
        private final int[] blocks;
        private int length;

        private Text(int adapter, int[] blocks) {
            this.adapter = adapter;
            this.blocks = blocks;
        }

        /** The logits after each of the tokens, which are computed some at a time. */
        List<float[]> extend(int[] tokens, int perStep) {
            List<float[]> logits = new ArrayList<>();
            for (int from = 0; from < tokens.length; from += perStep) {
                StepBatch batch = new StepBatch(perStep);
                for (int i = from; i < Math.min(tokens.length, from + perStep); i++) {
                    add(batch, tokens[i], true);
                }
                logits.addAll(forward(batch));
            }
            return logits;
        }

        /** Adds the next token to a step. */
        void add(StepBatch batch, int token, boolean output) {
            batch.add(token, length++, blocks, output, adapter);
        }
    }

    /** The logits of a step's outputs. */
    List<float[]> forward(StepBatch batch) {
        RowTiles tiles = model.forward(batch, cache);
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < tiles.rows(); i++) {
            rows.add(new float[tiles.features()]);
            tiles.readRow(i, 0, tiles.features(), rows.get(i), 0);
        }
        return rows;
    }

    static double normalisedError(float[] actual, float[] expected, int offset) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            error += Math.pow((double) actual[i] - expected[offset + i], 2);
            norm += Math.pow(expected[offset + i], 2);
        }
        return error / norm;
    }

    @Override
    public void close() {
        workers.close();
        kernels.close();
        file.close();
    }
}
