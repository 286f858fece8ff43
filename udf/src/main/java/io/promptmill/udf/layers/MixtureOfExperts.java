package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.PackedMatrix;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.tensor.RowTiles;

/**
 * A feed-forward layer of experts, of which each row uses a few (Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024,
 * arXiv:2401.04088). The rows of a step are grouped by expert, so that the weights of an expert are read once for all its
 * rows and those of unused experts not at all. One step at a time.
 */
public final class MixtureOfExperts implements FeedForward {
    /** Features of sixteen rows, and of the tiles that they come from, which the first-level cache holds. */
    private static final int FEATURES_IN_CACHE = 32;

    private final Compute compute;
    private final ExpertRouter router;
    private final Activation activation;
    private final PackedMatrix[][] gateAndUp;
    private final float[][][] gateAndUpBiases;
    private final PackedMatrix[] down;
    private final float[][] downBiases;
    private final int embedding;
    private final int hidden;
    private final Scratch scratch;

    /**
     * The experts' weights, one of each for an expert.
     *
     * @param gate {@code [hidden x embedding]} each
     * @param up {@code [hidden x embedding]} each
     * @param down {@code [embedding x hidden]} each
     */
    public record Experts(Projection[] gate, Projection[] up, Projection[] down) {}

    /**
     * @param scratch shared by the layers of a model
     */
    public MixtureOfExperts(
            Compute compute, ExpertRouter router, Activation activation, Experts experts, Scratch scratch) {
        this.compute = compute;
        this.router = router;
        this.activation = activation;
        this.scratch = scratch;
        int count = experts.gate().length;
        embedding = experts.down()[0].weights().rows();
        hidden = experts.down()[0].weights().columns();
        gateAndUp = new PackedMatrix[count][2];
        gateAndUpBiases = new float[count][2][];
        down = new PackedMatrix[count];
        downBiases = new float[count][];
        for (int i = 0; i < count; i++) {
            gateAndUp[i][0] = pack(experts.gate()[i]);
            gateAndUp[i][1] = pack(experts.up()[i]);
            gateAndUpBiases[i][0] = experts.gate()[i].bias();
            gateAndUpBiases[i][1] = experts.up()[i].bias();
            down[i] = pack(experts.down()[i]);
            downBiases[i] = experts.down()[i].bias();
        }
    }

    private PackedMatrix pack(Projection projection) {
        return compute.kernels().pack(projection.weights(), compute.workers());
    }

    @Override
    public void apply(RowTiles input, RowTiles output) {
        Kernels kernels = compute.kernels();
        int rows = input.rows();
        ExpertRouter.Routing routing = router.routing();
        Scratch s = scratch;
        s.scores.resize(rows);
        router.route(input, s.scores, s.chosen, s.shares);
        ExpertGroups groups = s.groups;
        groups.form(s.chosen, rows * routing.used());
        int places = groups.places();
        s.gathered.resize(places);
        s.gate.resize(places);
        s.up.resize(places);
        compute.workers().run(s.gathered.tiles(), tile -> gather(input, s, tile));

        ProductInput converted = compute.productInput(embedding);
        compute.workers().run(converted.begin(s.gathered), converted::convert);
        int gateSlices = gateAndUp[0][0].slices();
        int slices = gateSlices + gateAndUp[0][1].slices();
        compute.workers().run(groups.count() * slices, i -> {
            int group = i / slices;
            int which = i % slices < gateSlices ? 0 : 1;
            int expert = groups.expert(group);
            Linear.multiply(
                    kernels,
                    converted,
                    gateAndUp[expert][which],
                    gateAndUpBiases[expert][which],
                    which == 0 ? s.gate : s.up,
                    i % slices - which * gateSlices,
                    groups.start(group),
                    groups.end(group));
        });
        compute.forElements(
                s.gate, (from, to) -> activation.multiply(kernels.elements(), s.gate.data(), s.up.data(), from, to));

        ProductInput raised = compute.productInput(hidden);
        compute.workers().run(raised.begin(s.gate), raised::convert);
        int downSlices = down[0].slices();
        // What was gathered is not needed any more: the results take its place.
        compute.workers().run(groups.count() * downSlices, i -> {
            int group = i / downSlices;
            int expert = groups.expert(group);
            Linear.multiply(
                    kernels,
                    raised,
                    down[expert],
                    downBiases[expert],
                    s.gathered,
                    i % downSlices,
                    groups.start(group),
                    groups.end(group));
        });
        compute.workers().run(output.tiles(), tile -> combine(s, routing.used(), output, tile));
    }

    /** Copies to the places of a tile the rows that go there; a place without a row is set to 0. */
    private void gather(RowTiles input, Scratch s, int tile) {
        float[] source = input.data();
        float[] target = s.gathered.data();
        for (int feature = 0; feature < embedding; feature += FEATURES_IN_CACHE) {
            int length = Math.min(FEATURES_IN_CACHE, embedding - feature) * RowTiles.LANES;
            for (int place = tile * RowTiles.LANES; place < (tile + 1) * RowTiles.LANES; place++) {
                int to = s.gathered.index(place, feature);
                int assignment = s.groups.assignment(place);
                int from = assignment < 0
                        ? 0
                        : input.index(assignment / router.routing().used(), feature);
                for (int i = 0; i < length; i += RowTiles.LANES) {
                    target[to + i] = assignment < 0 ? 0f : source[from + i];
                }
            }
        }
    }

    /** Adds up the results of each row's experts, the best first, by their weights. */
    private void combine(Scratch s, int used, RowTiles output, int tile) {
        int end = Math.min(output.rows(), (tile + 1) * RowTiles.LANES);
        for (int feature = 0; feature < embedding; feature += FEATURES_IN_CACHE) {
            int length = Math.min(FEATURES_IN_CACHE, embedding - feature) * RowTiles.LANES;
            for (int row = tile * RowTiles.LANES; row < end; row++) {
                for (int i = 0; i < used; i++) {
                    int assignment = row * used + i;
                    int from = s.gathered.index(s.groups.place(assignment), feature);
                    add(s, from, s.shares[assignment], i == 0, output.data(), output.index(row, feature), length);
                }
            }
        }
    }

    private static void add(Scratch s, int from, float share, boolean first, float[] target, int to, int length) {
        float[] results = s.gathered.data();
        for (int i = 0; i < length; i += RowTiles.LANES) {
            float part = results[from + i] * share;
            target[to + i] = first ? part : target[to + i] + part;
        }
    }

    /** Buffers that the layers of a model share. */
    public static final class Scratch {
        private final RowTiles scores;
        private final RowTiles gathered;
        private final RowTiles gate;
        private final RowTiles up;
        private final int[] chosen;
        private final float[] shares;
        private final ExpertGroups groups;

        /**
         * @param maximumRows of a step
         * @param used experts of a row
         * @throws io.promptmill.udf.error.ConfigException where that would exceed what a Java array holds
         */
        public Scratch(int maximumRows, int experts, int used, int embedding, int hidden) {
            Buffers.requireAddressable("engine.max_batch_tokens", maximumRows, Math.max(1, used));
            int assignments = maximumRows * used;
            groups = new ExpertGroups(experts, assignments);
            int places = groups.maximumPlaces();
            Buffers.requireAddressable("engine.max_batch_tokens", places, Math.max(embedding, hidden));
            scores = new RowTiles(maximumRows, experts);
            gathered = new RowTiles(places, embedding);
            gate = new RowTiles(places, hidden);
            up = new RowTiles(places, hidden);
            chosen = new int[assignments];
            shares = new float[assignments];
        }
    }
}
