package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.tensor.RowTiles;

/**
 * A linear layer for each head, from features of its own to features of its own. Some heads are computed at a time: enough
 * for the threads, few enough for the buffers. One step at a time.
 */
final class HeadLinear {
    private final Compute compute;
    private final PackedMatrix[] weights;
    private final Scratch scratch;

    /**
     * Where the features of a head lie in a row.
     *
     * @param first of the first head
     * @param stride from one head to the next
     */
    record Place(int first, int stride) {
        int of(int head) {
            return first + head * stride;
        }
    }

    /** Inputs and outputs of the heads that are computed together, shared by layers of the same sizes. */
    static final class Scratch {
        private static final int HEADS_AT_A_TIME = 16;

        private final RowTiles[] inputs;
        private final RowTiles[] outputs;
        private final ProductInput[] converted;

        Scratch(Compute compute, int maximumRows, int heads, int inputFeatures, int outputFeatures) {
            int count = Math.min(heads, HEADS_AT_A_TIME);
            inputs = new RowTiles[count];
            outputs = new RowTiles[count];
            converted = new ProductInput[count];
            for (int i = 0; i < count; i++) {
                inputs[i] = new RowTiles(maximumRows, inputFeatures);
                outputs[i] = new RowTiles(maximumRows, outputFeatures);
                converted[i] = compute.kernels().newInput(inputFeatures);
            }
        }
    }

    /**
     * @param heads each {@code [outputs x inputs]}, without bias
     */
    HeadLinear(Compute compute, Projection[] heads, Scratch scratch) {
        this.compute = compute;
        this.scratch = scratch;
        weights = new PackedMatrix[heads.length];
        for (int head = 0; head < heads.length; head++) {
            weights[head] = compute.kernels().pack(heads[head].weights(), compute.workers());
        }
    }

    /** Both of as many rows. */
    void apply(RowTiles source, Place from, RowTiles target, Place to) {
        for (int first = 0; first < weights.length; first += scratch.inputs.length) {
            apply(first, Math.min(scratch.inputs.length, weights.length - first), source, from, target, to);
        }
    }

    private void apply(int first, int count, RowTiles source, Place from, RowTiles target, Place to) {
        int tiles = source.tiles();
        if (tiles == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            scratch.inputs[i].resize(source.rows());
            scratch.outputs[i].resize(source.rows());
        }
        compute.workers().run(count * tiles, slice -> {
            RowTiles input = scratch.inputs[slice / tiles];
            source.copyTile(slice % tiles, from.of(first + slice / tiles), input.features(), input, 0);
        });
        int pieces = 0;
        for (int i = 0; i < count; i++) {
            pieces = scratch.converted[i].begin(scratch.inputs[i]);
        }
        int each = Math.max(1, pieces);
        compute.workers().run(count * pieces, slice -> scratch.converted[slice / each].convert(slice % each));
        int slices = weights[first].slices();
        compute.workers().run(count * slices, slice -> {
            int i = slice / slices;
            compute.kernels()
                    .multiply(
                            scratch.converted[i],
                            weights[first + i],
                            scratch.outputs[i],
                            slice % slices,
                            0,
                            source.rows());
        });
        compute.workers().run(count * tiles, slice -> {
            RowTiles output = scratch.outputs[slice / tiles];
            output.copyTile(slice % tiles, 0, output.features(), target, to.of(first + slice / tiles));
        });
    }
}
