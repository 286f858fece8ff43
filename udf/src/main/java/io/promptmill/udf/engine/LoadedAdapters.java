package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.layers.LowRankAdapters;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.util.ArrayList;
import java.util.List;

/** The adapters beside a model: their numbers by name. Their files are open until the model is built. */
final class LoadedAdapters {
    /** More would leave too little for keys, values and activations. */
    private static final int LEAST_HEAPS = 2;

    private final List<String> names = new ArrayList<>();
    private final List<LoraAdapter> files = new ArrayList<>();
    private final LowRankAdapters lowRank;
    private final long mostBytes;

    private LoadedAdapters(List<Adapter> adapters, ModelFile base, Kernels kernels, Precision precision) {
        List<LowRankAdapters.Adapter> opened = new ArrayList<>();
        try {
            for (Adapter adapter : adapters) {
                if (names.contains(adapter.name())) {
                    throw new ConfigException(
                            "two adapters are named '" + adapter.name() + "'; give each a name of its own");
                }
                names.add(adapter.name());
                LoraAdapter file = adapter.file().get();
                files.add(file);
                opened.add(new LowRankAdapters.Adapter(file.source(), file.tensors(base), adapter.scale()));
            }
        } catch (RuntimeException | Error failure) {
            closeFiles();
            throw failure;
        }
        mostBytes = LowRankAdapters.bytes(opened, precision);
        lowRank = opened.isEmpty() ? LowRankAdapters.NONE : new LowRankAdapters(opened, kernels, precision);
    }

    /**
     * Opens adapters and checks them against the model.
     *
     * @throws io.promptmill.udf.error.ModelFileException where one cannot be used or does not belong to the model
     * @throws ConfigException where two have one name
     */
    static LoadedAdapters open(List<Adapter> adapters, ModelFile base, Kernels kernels, Precision precision) {
        return new LoadedAdapters(adapters, base, kernels, precision);
    }

    /**
     * What they leave of the heap.
     *
     * @throws ConfigException where that is too little
     */
    long heapLeft(long heapBytes) {
        if (mostBytes > heapBytes / LEAST_HEAPS) {
            throw new ConfigException(
                    names.size() + " adapters take " + (mostBytes >> 20) + " MiB, more than half of the heap of "
                            + (heapBytes >> 20) + " MiB. Raise the heap (-Xmx, spark.executor.memory), or use fewer");
        }
        return heapBytes - mostBytes;
    }

    LowRankAdapters lowRank() {
        return lowRank;
    }

    int count() {
        return names.size();
    }

    /**
     * The number of an adapter.
     *
     * @param name null for none
     * @throws RequestException where there is none of that name
     */
    int number(String name) {
        if (name == null) {
            return StepBatch.NO_ADAPTER;
        }
        int number = names.indexOf(name);
        if (number < 0) {
            throw new RequestException("adapter '" + name + "' is not known; "
                    + (names.isEmpty()
                            ? "the job has no adapters"
                            : NearestName.hint(name, names) + "the adapters are " + names));
        }
        return number;
    }

    /** Packs what is left to pack and closes the files. */
    void finish() {
        try {
            lowRank.finish();
        } finally {
            closeFiles();
        }
    }

    /** Closes the files, where the model could not be built. */
    void closeFiles() {
        files.forEach(LoraAdapter::close);
        files.clear();
    }
}
