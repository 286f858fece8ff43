package io.promptmill.udf.layers;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.LowRankTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The adapters of a model, by number. While the model is built its projections take what is added to them; afterwards
 * {@link #finish} tells whether anything is left over. Built by one thread.
 */
public final class LowRankAdapters {
    /** Of a model without any. */
    public static final LowRankAdapters NONE = new LowRankAdapters(List.of(), null, Precision.F32);

    private final List<Adapter> adapters;
    private final Kernels kernels;
    private final Precision precision;
    private final Map<Matrix, LowRankFactor> packedDown = new HashMap<>();
    private final Map<String, Taken> taken = new HashMap<>();
    private long bytes;

    /**
     * @param source for messages
     * @param tensors by the names of the model's matrices
     * @param scale besides that of the tensors
     */
    public record Adapter(String source, Map<String, LowRankTensors> tensors, double scale) {}

    /** Parts of a matrix that projections have taken. */
    private static final class Taken {
        private final List<int[]> ranges = new ArrayList<>();
        private int outputs;
        private boolean misfits;

        void add(int first, int count) {
            misfits |= ranges.stream().anyMatch(range -> first < range[1] && range[0] < first + count);
            ranges.add(new int[] {first, first + count});
            outputs += count;
        }
    }

    /**
     * @param precision of the model's products, which says how the numbers are held
     */
    public LowRankAdapters(List<Adapter> adapters, Kernels kernels, Precision precision) {
        this.adapters = List.copyOf(adapters);
        this.kernels = kernels;
        this.precision = precision;
    }

    /** Memory that adapters take at most once they are packed. */
    public static long bytes(List<Adapter> adapters, Precision precision) {
        return adapters.stream()
                .flatMap(adapter -> adapter.tensors().values().stream())
                .mapToLong(pair -> LowRankPair.bytes(pair.down(), pair.up(), precision))
                .sum();
    }

    /** What each adapter adds to a projection, null where it adds nothing; null where none does. */
    LowRankPair[] take(Projection projection) {
        LowRankPair[] pairs = null;
        for (int i = 0; i < adapters.size(); i++) {
            LowRankPair pair = take(adapters.get(i), projection);
            if (pair != null) {
                pairs = pairs == null ? new LowRankPair[adapters.size()] : pairs;
                pairs[i] = pair;
            }
        }
        if (pairs != null) {
            taken.computeIfAbsent(projection.weights().name(), name -> new Taken())
                    .add(projection.first(), projection.weights().rows());
        }
        return pairs;
    }

    private LowRankPair take(Adapter adapter, Projection projection) {
        Matrix weights = projection.weights();
        LowRankTensors tensors = adapter.tensors().get(weights.name());
        if (tensors == null) {
            return null;
        }
        if (tensors.down().columns() != weights.columns()
                || projection.first() + weights.rows() > tensors.up().rows()) {
            taken.computeIfAbsent(weights.name(), name -> new Taken()).misfits = true;
            return null;
        }
        try {
            // The parts of a matrix that is cut share A.
            LowRankFactor down = packedDown.computeIfAbsent(tensors.down(), matrix -> {
                LowRankFactor packed = LowRankPair.packDown(matrix, kernels, precision);
                bytes += packed.memory();
                return packed;
            });
            Matrix up = tensors.up().rows(projection.first(), weights.rows());
            LowRankPair pair =
                    LowRankPair.of(tensors.down(), down, up, tensors.scale() * adapter.scale(), kernels, precision);
            bytes += pair.up().memory();
            return pair;
        } catch (ModelFileException damaged) {
            throw new ModelFileException(adapter.source() + ": " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Ends the building of the model.
     *
     * @throws ModelFileException where an adapter adds to a matrix that no linear layer multiplies with as it is
     */
    public void finish() {
        packedDown.clear();
        for (Adapter adapter : adapters) {
            adapter.tensors().forEach((name, tensors) -> {
                Taken parts = taken.get(name);
                if (parts == null
                        || parts.misfits
                        || parts.outputs != tensors.up().rows()) {
                    throw new ModelFileException(adapter.source() + ": tensor '"
                            + tensors.down().name() + "' is added to '" + name
                            + "', which is no linear layer of this model that adapters can be added to: those to"
                            + " embeddings, norms, routers and experts are not supported. Merge the adapter into its"
                            + " model");
                }
            });
        }
        taken.clear();
    }

    /** Memory that they take. */
    public long bytes() {
        return bytes;
    }
}
