package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.List;
import java.util.Set;

/** How much memory outside the heap the weights of a model take when they are packed for a precision. */
final class WeightMemory {
    /** Tables of which rows are only looked up. */
    private static final Set<String> TABLES = Set.of("token_embd.weight", "position_embd.weight");

    private WeightMemory() {}

    /**
     * Bytes, without the few that the library adds to fill its blocks. In {@code F32} nothing is packed: weights are read
     * from the mapped file, whose pages the system shares and may drop.
     */
    static long packedBytes(ModelFile file, Precision precision) {
        boolean tied = !file.has("output.weight");
        return file.tensors().values().stream()
                .filter(tensor -> tensor.shape().size() > 1)
                .filter(tensor ->
                        !TABLES.contains(tensor.name()) || tied && tensor.name().startsWith("token"))
                .mapToLong(tensor -> packedBytes(tensor, precision))
                .sum();
    }

    /** Bytes of the mapped file that are read again and again: what is not packed, and the tables. */
    static long mappedBytes(ModelFile file, Precision precision) {
        return file.tensors().values().stream()
                .filter(tensor -> precision == Precision.F32 || TABLES.contains(tensor.name()))
                .mapToLong(TensorInfo::bytes)
                .sum();
    }

    private static long packedBytes(TensorInfo tensor, Precision precision) {
        List<Long> shape = tensor.shape();
        long values = tensor.values();
        long rows = values / shape.get(shape.size() - 1);
        return switch (precision) {
            case F32 -> 0;
            case INT8 -> values + rows * Float.BYTES;
            case BF16 ->
                switch (tensor.format()) {
                    case Q8_0 -> values + values / 32 * Float.BYTES;
                    case Q4_0 -> values / 2 + values / 32 * Float.BYTES;
                    default -> values * Short.BYTES;
                };
        };
    }
}
