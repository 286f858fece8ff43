package io.promptmill.udf.layers;

import static io.promptmill.udf.kernels.LowRankKernels.RANKS;
import static io.promptmill.udf.layers.LowRankPair.OUTPUTS;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;
import java.util.ArrayList;
import java.util.List;

/**
 * What adapters add to linear layers that share an input (Hu et al. 2021, arXiv:2106.09685):
 * {@code outputs[i] += scale * B (A input)} for the rows of each adapter, first {@code A input}, then the rest while the
 * outputs are in cache. Rows share each load of A and B; a row's sums have one order, whatever rows it shares a step with. One step at a time.
 */
final class LowRankAddition {
    /** Inputs of A at a time: 16 KiB of floats, which stay in the first-level cache for all rows. */
    private static final int INPUTS = 256;

    private static final int TILE_SUMS = RANKS * LANES;
    private static final int SLICES_PER_THREAD = 4;
    /** Sums of so many tiles stay in the first-level cache. */
    private static final int MOST_TILES = 16;

    private final Compute compute;
    /** Of each projection, what each adapter adds; null where none does. */
    private final LowRankPair[][] pairs;
    /** The largest rank of each projection. */
    private final int[] ranks;

    private final List<Reduction> reductions = new ArrayList<>();

    /** One block of sixteen ranks for some rows of one adapter. */
    private record Reduction(int projection, LowRankPair pair, int block, List<AdapterRows.Tile> tiles) {}

    private LowRankAddition(Compute compute, LowRankPair[][] pairs) {
        this.compute = compute;
        this.pairs = pairs;
        ranks = new int[pairs.length];
        for (int p = 0; p < pairs.length; p++) {
            for (int i = 0; pairs[p] != null && i < pairs[p].length; i++) {
                ranks[p] = Math.max(ranks[p], pairs[p][i] == null ? 0 : pairs[p][i].rank());
            }
        }
    }

    /** What the model's adapters add to these projections; null where none adds anything. */
    static LowRankAddition of(Compute compute, Projection... projections) {
        LowRankPair[][] pairs = new LowRankPair[projections.length][];
        boolean any = false;
        for (int p = 0; p < projections.length; p++) {
            pairs[p] = compute.adapters().take(projections[p]);
            any |= pairs[p] != null;
        }
        return any ? new LowRankAddition(compute, pairs) : null;
    }

    /**
     * Takes the rows of a step.
     *
     * @param input {@code [rows x inputs]}
     * @return false where nothing is to be added to any of them
     */
    boolean begin(RowTiles input) {
        reductions.clear();
        AdapterRows rows = compute.adapterRows();
        if (rows.groups().isEmpty()) {
            return false;
        }
        if (rows.rows() != input.rows()) {
            throw new IllegalStateException(
                    input.rows() + " rows of activations, and adapters for " + rows.rows() + " rows");
        }
        // Tiles of a slice share the loads of A, but there must be enough slices for all threads.
        int wanted = rows.tiles()
                * pairs.length
                / (SLICES_PER_THREAD * compute.workers().threads());
        int perSlice = Math.max(1, Math.min(MOST_TILES, wanted));
        for (int p = 0; p < pairs.length; p++) {
            for (AdapterRows.Group group : rows.groups()) {
                LowRankPair pair = pairs[p] == null ? null : pairs[p][group.adapter()];
                for (int block = 0; pair != null && block < pair.blocks(); block++) {
                    for (int i = 0; i < group.tiles().size(); i += perSlice) {
                        int end = Math.min(group.tiles().size(), i + perSlice);
                        reductions.add(
                                new Reduction(p, pair, block, group.tiles().subList(i, end)));
                    }
                }
            }
            compute.lowRankScratch().reserve(p, input.tiles() * ranks[p] * LANES);
        }
        return !reductions.isEmpty();
    }

    /** Slices of {@link #reduce}, which are done before the first output. */
    int reductions() {
        return reductions.size();
    }

    /** {@code A input}, scaled, for one slice. */
    void reduce(RowTiles input, int slice) {
        Reduction r = reductions.get(slice);
        LowRankScratch.Buffers buffers = compute.lowRankScratch().buffers();
        float[] sums = buffers.sums(r.tiles.size() * TILE_SUMS);
        for (int k = 0; k < r.pair.inputs(); k += INPUTS) {
            addInputs(r, input, k, Math.min(INPUTS, r.pair.inputs() - k), buffers, sums);
        }
        float[] target = compute.lowRankScratch().reduced(r.projection);
        for (int t = 0; t < r.tiles.size(); t++) {
            AdapterRows.Tile tile = r.tiles.get(t);
            for (int j = 0; j < r.pair.ranks(r.block); j++) {
                int to = (tile.tile() * ranks[r.projection] + r.block * RANKS + j) * LANES;
                for (int lane = 0; lane < LANES; lane++) {
                    if (tile.lanes()[lane]) {
                        // A row by itself has its ranks side by side.
                        int i = t * TILE_SUMS + (tile.isDense() ? j * LANES + lane : lane * RANKS + j);
                        target[to + lane] = sums[i] * r.pair.scales()[r.block * RANKS + j];
                    }
                }
            }
        }
    }

    private void addInputs(
            Reduction r, RowTiles input, int from, int count, LowRankScratch.Buffers buffers, float[] sums) {
        Kernels kernels = compute.kernels();
        LowRankFactor down = r.pair.down();
        int offset = (r.block * r.pair.inputs() + from) * RANKS;
        float[] values = null;
        for (int t = 0; t < r.tiles.size(); t++) {
            AdapterRows.Tile tile = r.tiles.get(t);
            int first = input.index(tile.tile() * LANES, from);
            if (tile.isDense()) {
                values = values == null
                        ? down.read(kernels, offset, count * RANKS, buffers.factor(INPUTS * RANKS))
                        : values;
                int start = down.start(offset);
                int ranksOfBlock = r.pair.ranks(r.block);
                kernels.lowRank()
                        .reduceTile(input.data(), first, count, values, start, ranksOfBlock, sums, t * TILE_SUMS);
                continue;
            }
            for (int lane = 0; lane < LANES; lane++) {
                if (tile.lanes()[lane]) {
                    int sum = t * TILE_SUMS + lane * RANKS;
                    down.reduceRow(kernels.lowRank(), input.data(), first + lane, count, offset, sums, sum);
                }
            }
        }
    }

    /** {@code output += B (A input)} for the outputs {@code [from, to)} of a projection. */
    void expand(RowTiles output, int projection, int from, int to) {
        for (AdapterRows.Group group : compute.adapterRows().groups()) {
            LowRankPair pair = pairs[projection] == null ? null : pairs[projection][group.adapter()];
            for (int first = from; pair != null && first < to; ) {
                int end = Math.min(to, (first / OUTPUTS + 1) * OUTPUTS);
                expand(projection, pair, first, end - first, group, output);
                first = end;
            }
        }
    }

    /** Outputs of one block. */
    private void expand(
            int projection, LowRankPair pair, int first, int count, AdapterRows.Group group, RowTiles output) {
        Kernels kernels = compute.kernels();
        LowRankScratch.Buffers buffers = compute.lowRankScratch().buffers();
        float[] reduced = compute.lowRankScratch().reduced(projection);
        int rank = pair.rank();
        int block = first / OUTPUTS * OUTPUTS * rank;
        int within = first % OUTPUTS;
        float[] values = null;
        for (AdapterRows.Tile tile : group.tiles()) {
            int source = tile.tile() * ranks[projection] * LANES;
            int target = output.index(tile.tile() * LANES, first);
            if (tile.isDense()) {
                values = values == null
                        ? pair.up().read(kernels, block, OUTPUTS * rank, buffers.factor(OUTPUTS * rank))
                        : values;
                boolean all = tile.rows() == LANES;
                float[] results = all ? output.data() : buffers.clearedResults();
                int start = pair.up().start(block) + within;
                kernels.lowRank()
                        .expandTile(reduced, source, rank, values, start, OUTPUTS, count, results, all ? target : 0);
                if (!all) {
                    addLanes(tile, count, results, output, target);
                }
                continue;
            }
            for (int lane = 0; lane < LANES; lane++) {
                if (tile.lanes()[lane]) {
                    float[] row = buffers.row(reduced, source + lane, rank);
                    float[] results = buffers.results();
                    pair.up().expandRow(kernels.lowRank(), row, rank, block + within, OUTPUTS, count, results);
                    for (int i = 0; i < count; i++) {
                        output.data()[target + i * LANES + lane] += results[i];
                    }
                }
            }
        }
    }

    /** Adds the results of a tile's own lanes; rows of other adapters are in the others. */
    private static void addLanes(AdapterRows.Tile tile, int count, float[] results, RowTiles output, int target) {
        for (int i = 0; i < count * LANES; i++) {
            if (tile.lanes()[i % LANES]) {
                output.data()[target + i] += results[i];
            }
        }
    }
}
