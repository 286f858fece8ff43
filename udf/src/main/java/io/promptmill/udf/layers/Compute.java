package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.ProductInput;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.tensor.RowTiles;
import java.util.HashMap;
import java.util.Map;

/**
 * The kernels and the threads that a model computes with, and how whole operations are cut into slices. Used by one
 * caller at a time.
 */
public final class Compute {
    /** Features of an element-wise slice: some tens of microseconds of work. */
    private static final int FEATURES_PER_SLICE = 512;

    private final Kernels kernels;
    private final WorkerPool workers;
    private final LowRankAdapters adapters;
    private final AdapterRows adapterRows = new AdapterRows();
    private final LowRankScratch lowRankScratch = new LowRankScratch();
    private final Map<Integer, ProductInput> productInputs = new HashMap<>();

    public Compute(Kernels kernels, WorkerPool workers) {
        this(kernels, workers, LowRankAdapters.NONE);
    }

    /** @param adapters that rows may ask for */
    public Compute(Kernels kernels, WorkerPool workers, LowRankAdapters adapters) {
        this.kernels = kernels;
        this.workers = workers;
        this.adapters = adapters;
    }

    /** Begins a step: from here on, linear layers add what the adapters of its rows add. */
    public void begin(StepBatch batch) {
        adapterRows.begin(batch);
    }

    public Kernels kernels() {
        return kernels;
    }

    public WorkerPool workers() {
        return workers;
    }

    LowRankAdapters adapters() {
        return adapters;
    }

    /** Which rows of the activations have which adapter. */
    AdapterRows adapterRows() {
        return adapterRows;
    }

    LowRankScratch lowRankScratch() {
        return lowRankScratch;
    }

    /** The place for inputs of so many features, shared by all layers: they compute one after another. */
    ProductInput productInput(int features) {
        return productInputs.computeIfAbsent(features, kernels::newInput);
    }

    /** {@code target += addend}, both {@code [rows x features]}. */
    public void add(RowTiles target, RowTiles addend) {
        forElements(target, (from, to) -> kernels.elements().add(target.data(), addend.data(), from, to));
    }

    /** {@code values *= factor}; nothing to do for 1. */
    public void scale(RowTiles values, float factor) {
        if (factor != 1f) {
            forElements(values, (from, to) -> kernels.elements().scale(values.data(), factor, from, to));
        }
    }

    /** Cuts values to {@code [-limit, limit]}. */
    public void clamp(RowTiles values, float limit) {
        forElements(values, (from, to) -> kernels.elements().clamp(values.data(), limit, from, to));
    }

    /** {@code values = cap * tanh(values / cap)}. */
    public void softCap(RowTiles values, float cap) {
        forElements(values, (from, to) -> kernels.elements().softCap(values.data(), cap, from, to));
    }

    /** Does the same with the elements of all tiles in use, in parallel ranges {@code [from, to)} of the backing array. */
    void forElements(RowTiles tiles, Range range) {
        int slice = FEATURES_PER_SLICE * RowTiles.LANES;
        int elements = tiles.tiles() * tiles.features() * RowTiles.LANES;
        workers.run((elements - 1) / slice + 1, i -> range.accept(i * slice, Math.min(elements, (i + 1) * slice)));
    }

    @FunctionalInterface
    interface Range {
        void accept(int from, int to);
    }
}
