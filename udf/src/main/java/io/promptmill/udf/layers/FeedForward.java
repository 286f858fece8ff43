package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;

/** What a layer does with each row by itself: one feed-forward for all, or experts. One step at a time. */
public sealed interface FeedForward permits DenseFeedForward, MixtureOfExperts {

    /** Both {@code [rows x embedding]}; {@code output} may be {@code input}. */
    void apply(RowTiles input, RowTiles output);
}
