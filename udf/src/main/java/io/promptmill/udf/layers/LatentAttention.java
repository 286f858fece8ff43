package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/**
 * Multi-head latent attention (DeepSeek-AI 2024, arXiv:2405.04434), in the form in which what turns the latent vector into
 * keys and values is taken into queries and results: the cache holds a latent vector and a turned key for each position,
 * shared by all heads. One step at a time.
 *
 * <p>A head's query is {@code [latent | turned]}, and so is a position's key; its value is the latent part.
 */
public final class LatentAttention {
    /**
     * @param latent features of the latent vector
     * @param turned features of a head that know positions
     * @param plain features of a head that do not
     * @param values features of a head's result
     */
    public record Sizes(int heads, int latent, int turned, int plain, int values) {
        int queryHead() {
            return latent + turned;
        }
    }

    private final Compute compute;
    private final Sizes sizes;
    private final Attention attention;
    private final Rope rope;
    private final Linear queryDown;
    private final Norm queryNorm;
    private final Linear queryUp;
    private final Linear keyValueDown;
    private final Norm latentNorm;
    private final HeadLinear keyUp;
    private final HeadLinear valueUp;
    private final Linear output;
    private final Scratch scratch;

    /** Activations that layers share. */
    public static final class Scratch {
        private final RowTiles lowQueries;
        private final RowTiles heads;
        private final RowTiles results;
        private final HeadLinear.Scratch keyUp;
        private final HeadLinear.Scratch valueUp;

        /**
         * @param lowQueries features of the queries' latent vector; 0 where queries are not compressed
         */
        public Scratch(Compute compute, int maximumRows, Sizes sizes, int lowQueries) {
            this.lowQueries = new RowTiles(maximumRows, Math.max(1, lowQueries));
            heads = new RowTiles(maximumRows, sizes.heads() * (sizes.plain() + sizes.turned()));
            results = new RowTiles(maximumRows, sizes.heads() * sizes.values());
            keyUp = new HeadLinear.Scratch(compute, maximumRows, sizes.heads(), sizes.plain(), sizes.latent());
            valueUp = new HeadLinear.Scratch(compute, maximumRows, sizes.heads(), sizes.latent(), sizes.values());
        }
    }

    /**
     * The weights of a layer.
     *
     * @param queryDown {@code [query rank x embedding]}; null where queries are not compressed, like its norm
     * @param queryUp {@code [heads * (plain + turned) x query rank]}, or from the embedding
     * @param keyValueDown {@code [latent + turned x embedding]}
     * @param keyUp of each head {@code [latent x plain]}
     * @param valueUp of each head {@code [values x latent]}
     * @param output {@code [embedding x heads * values]}
     */
    public record Weights(
            Projection queryDown,
            Norm queryNorm,
            Projection queryUp,
            Projection keyValueDown,
            Norm latentNorm,
            Projection[] keyUp,
            Projection[] valueUp,
            Projection output) {}

    public LatentAttention(
            Compute compute, Sizes sizes, Attention attention, Rope rope, Weights weights, Scratch scratch) {
        this.compute = compute;
        this.sizes = sizes;
        this.attention = attention;
        this.rope = rope;
        this.scratch = scratch;
        queryDown = weights.queryDown() == null ? null : new Linear(compute, weights.queryDown());
        queryNorm = weights.queryNorm();
        queryUp = new Linear(compute, weights.queryUp());
        keyValueDown = new Linear(compute, weights.keyValueDown());
        latentNorm = weights.latentNorm();
        keyUp = new HeadLinear(compute, weights.keyUp(), scratch.keyUp);
        valueUp = new HeadLinear(compute, weights.valueUp(), scratch.valueUp);
        output = new Linear(compute, weights.output());
    }

    /** As {@link SelfAttention#apply}. */
    public void apply(LayerStep step, RowTiles input, RowTiles result) {
        Buffers b = step.buffers();
        computeQueries(input, b.queries);
        keyValueDown.apply(input, b.keys);
        latentNorm.applyToFirst(b.keys);
        rope.apply(b.queries, b.keys);
        b.keys.copyFeatures(0, sizes.latent(), b.values, 0);
        attention.apply(
                step.batch(), step.cache(), step.layer(), AttentionSpan.ALL, b.queries, b.keys, b.values, b.attended);
        step.afterAttention();

        RowTiles results = scratch.results.resize(b.attended.rows());
        valueUp.apply(
                b.attended, new HeadLinear.Place(0, sizes.latent()), results, new HeadLinear.Place(0, sizes.values()));
        output.apply(results, result);
    }

    /** Queries of all heads, with their part without positions brought into the latent space. */
    private void computeQueries(RowTiles input, RowTiles queries) {
        int rows = input.rows();
        RowTiles heads = scratch.heads.resize(rows);
        if (queryDown == null) {
            queryUp.apply(input, heads);
        } else {
            RowTiles low = scratch.lowQueries.resize(rows);
            queryDown.apply(input, low);
            queryNorm.apply(low, low);
            queryUp.apply(low, heads);
        }
        int headFeatures = sizes.plain() + sizes.turned();
        keyUp.apply(heads, new HeadLinear.Place(0, headFeatures), queries, new HeadLinear.Place(0, sizes.queryHead()));
        compute.workers().run(heads.tiles(), tile -> {
            for (int head = 0; head < sizes.heads(); head++) {
                int from = head * headFeatures + sizes.plain();
                heads.copyTile(tile, from, sizes.turned(), queries, head * sizes.queryHead() + sizes.latent());
            }
        });
    }
}
