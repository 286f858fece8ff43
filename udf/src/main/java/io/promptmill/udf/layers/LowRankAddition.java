package io.promptmill.udf.layers;

import static io.promptmill.udf.kernels.LowRankKernels.RANKS;
import static io.promptmill.udf.kernels.LowRankKernels.SUMS;
import static io.promptmill.udf.kernels.LowRankKernels.TILE_SUMS;
import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.LowRankKernels;
import io.promptmill.udf.tensor.RowTiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What adapters add to linear layers that share an input (Hu et al. 2021, arXiv:2106.09685):
 * {@code outputs[i] += scale * B (A input)} for the rows of each adapter, in two rounds of slices. Rows share each load of
 * A and B; a row's sums have one order, whatever rows it shares a step with. One step at a time.
 */
final class LowRankAddition {
    /** Rows of a tile that are worth computing all its lanes: below, one after the other is faster. */
    private static final int MINIMUM_TILE_ROWS = 6;
    /** Inputs of A at a time: 16 KiB of floats, which stay in the first-level cache for all rows. */
    private static final int INPUTS = 256;

    private static final int SLICES_PER_THREAD = 4;
    /** Partial sums of so many tiles stay in the second-level cache. */
    private static final int MOST_TILES = 16;

    private final Compute compute;
    /** Of each projection, what each adapter adds; null where none does. */
    private final LowRankPair[][] pairs;
    /** The largest rank of each projection. */
    private final int[] ranks;
    /** The first slice of each projection among those of {@link #expand}, and their number at the end. */
    private final int[] firstSlice;

    private final List<Reduction> reductions = new ArrayList<>();

    /** One block of sixteen ranks for some rows of one adapter. */
    private record Reduction(int projection, LowRankPair pair, int block, List<AdapterRows.Tile> tiles) {}

    private LowRankAddition(Compute compute, LowRankPair[][] pairs, Projection[] projections) {
        this.compute = compute;
        this.pairs = pairs;
        ranks = new int[pairs.length];
        firstSlice = new int[pairs.length + 1];
        for (int p = 0; p < pairs.length; p++) {
            int slices = 0;
            if (pairs[p] != null) {
                slices = (projections[p].weights().rows() + LowRankPair.OUTPUTS - 1) / LowRankPair.OUTPUTS;
                ranks[p] = Arrays.stream(pairs[p])
                        .mapToInt(pair -> pair == null ? 0 : pair.rank())
                        .max()
                        .orElse(0);
            }
            firstSlice[p + 1] = firstSlice[p] + slices;
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
        return any ? new LowRankAddition(compute, pairs, projections) : null;
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
        int tilesPerSlice = tilesPerSlice(rows);
        for (int p = 0; p < pairs.length; p++) {
            for (AdapterRows.Group group : rows.groups()) {
                LowRankPair pair = pairs[p] == null ? null : pairs[p][group.adapter()];
                for (int block = 0; pair != null && block < pair.blocks(); block++) {
                    for (int i = 0; i < group.tiles().size(); i += tilesPerSlice) {
                        int end = Math.min(group.tiles().size(), i + tilesPerSlice);
                        reductions.add(
                                new Reduction(p, pair, block, group.tiles().subList(i, end)));
                    }
                }
            }
            compute.lowRankScratch().reserve(p, input.tiles() * ranks[p] * LANES);
        }
        return !reductions.isEmpty();
    }

    /** As many as leave enough slices for all threads: tiles of a slice share the loads of A. */
    private int tilesPerSlice(AdapterRows rows) {
        int tiles =
                rows.groups().stream().mapToInt(group -> group.tiles().size()).sum();
        int shared =
                tiles * pairs.length / (SLICES_PER_THREAD * compute.workers().threads());
        return Math.max(1, Math.min(MOST_TILES, shared));
    }

    /** Slices of the first round. */
    int reductions() {
        return reductions.size();
    }

    /** Slices of the second round, which begins when the outputs and the first round are done. */
    int expansions() {
        return firstSlice[pairs.length];
    }

    /** {@code A input}, scaled. */
    void reduce(RowTiles input, int slice) {
        Reduction r = reductions.get(slice);
        Kernels kernels = compute.kernels();
        LowRankScratch.Buffers s = compute.lowRankScratch().buffers();
        float[] sums = s.sums(r.tiles.size() * TILE_SUMS);
        int ranksOfBlock = r.pair.ranks(r.block);
        for (int k = 0; k < r.pair.inputs(); k += INPUTS) {
            int count = Math.min(INPUTS, r.pair.inputs() - k);
            int offset = (r.block * r.pair.inputs() + k) * RANKS;
            float[] down = r.pair.down().read(kernels, offset, count * RANKS, s.factor(INPUTS * RANKS));
            int start = r.pair.down().start(offset);
            for (int t = 0; t < r.tiles.size(); t++) {
                addInputs(
                        kernels.lowRank(),
                        input,
                        k,
                        count,
                        down,
                        start,
                        ranksOfBlock,
                        r.tiles.get(t),
                        sums,
                        t * TILE_SUMS);
            }
        }
        for (int t = 0; t < r.tiles.size(); t++) {
            store(r, r.tiles.get(t), sums, t * TILE_SUMS);
        }
    }

    private static void addInputs(
            LowRankKernels kernels,
            RowTiles input,
            int from,
            int count,
            float[] down,
            int start,
            int ranks,
            AdapterRows.Tile tile,
            float[] sums,
            int sumsOffset) {
        int first = input.index(tile.tile() * LANES, from);
        if (tile.rows() >= MINIMUM_TILE_ROWS) {
            kernels.reduceTile(input.data(), first, count, down, start, ranks, sums, sumsOffset);
            return;
        }
        for (int lane = 0; lane < LANES; lane++) {
            if (tile.lanes()[lane]) {
                kernels.reduceRow(
                        input.data(), first + lane, count, down, start, sums, sumsOffset + lane * SUMS * RANKS);
            }
        }
    }

    /** Adds up the partial sums of a tile's rows. */
    private void store(Reduction r, AdapterRows.Tile tile, float[] sums, int offset) {
        boolean byTile = tile.rows() >= MINIMUM_TILE_ROWS;
        int next = byTile ? LANES : RANKS;
        float[] target = compute.lowRankScratch().reduced(r.projection);
        for (int j = 0; j < r.pair.ranks(r.block); j++) {
            int to = (tile.tile() * ranks[r.projection] + r.block * RANKS + j) * LANES;
            for (int lane = 0; lane < LANES; lane++) {
                if (tile.lanes()[lane]) {
                    int i = offset + (byTile ? j * SUMS * LANES + lane : lane * SUMS * RANKS + j);
                    float sum = (sums[i] + sums[i + next]) + (sums[i + 2 * next] + sums[i + 3 * next]);
                    target[to + lane] = sum * r.pair.scale();
                }
            }
        }
    }

    /** {@code outputs[p] += B (A input)} for some outputs of one projection. */
    void expand(RowTiles[] outputs, int slice) {
        int p = pairs.length - 1;
        while (slice < firstSlice[p]) {
            p--;
        }
        Kernels kernels = compute.kernels();
        LowRankScratch.Buffers s = compute.lowRankScratch().buffers();
        int block = slice - firstSlice[p];
        for (AdapterRows.Group group : compute.adapterRows().groups()) {
            LowRankPair pair = pairs[p][group.adapter()];
            if (pair == null) {
                continue;
            }
            int length = LowRankPair.OUTPUTS * pair.rank();
            float[] up = pair.up().read(kernels, block * length, length, s.factor(length));
            int start = pair.up().start(block * length);
            for (AdapterRows.Tile tile : group.tiles()) {
                expand(kernels.lowRank(), p, pair, block, up, start, tile, outputs[p], s);
            }
        }
    }

    private void expand(
            LowRankKernels kernels,
            int p,
            LowRankPair pair,
            int block,
            float[] up,
            int start,
            AdapterRows.Tile tile,
            RowTiles output,
            LowRankScratch.Buffers s) {
        int from = block * LowRankPair.OUTPUTS;
        float[] reduced = compute.lowRankScratch().reduced(p);
        int count = Math.min(LowRankPair.OUTPUTS, pair.outputs() - from);
        int source = tile.tile() * ranks[p] * LANES;
        int target = output.index(tile.tile() * LANES, from);
        if (tile.rows() >= MINIMUM_TILE_ROWS) {
            kernels.expandTile(
                    reduced,
                    source,
                    pair.rank(),
                    up,
                    start,
                    LowRankPair.OUTPUTS,
                    count,
                    tile.lanes(),
                    output.data(),
                    target);
            return;
        }
        float[] row = s.row(pair.rank());
        float[] results = s.results();
        for (int lane = 0; lane < LANES; lane++) {
            if (tile.lanes()[lane]) {
                for (int j = 0; j < pair.rank(); j++) {
                    row[j] = reduced[source + j * LANES + lane];
                }
                kernels.expandRow(row, pair.rank(), up, start, LowRankPair.OUTPUTS, count, results);
                for (int i = 0; i < count; i++) {
                    output.data()[target + i * LANES + lane] += results[i];
                }
            }
        }
    }
}
