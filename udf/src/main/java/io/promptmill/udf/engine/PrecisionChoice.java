package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Resolves the settings {@code engine.precision} and {@code engine.kv_precision}. */
final class PrecisionChoice {
    static final String AUTO = "auto";
    /** What may be set. */
    static final List<String> SETTINGS = Stream.concat(
                    Arrays.stream(Precision.values()).map(Precision::label), Stream.of(AUTO))
            .collect(Collectors.toUnmodifiableList());

    /** What may be set for keys and values. */
    static final List<String> KV_SETTINGS = List.of("f32", "f16", AUTO);

    private PrecisionChoice() {}

    /**
     * {@code auto} depends on the file alone, never on the machine, so that all executors of a job compute alike: eight
     * bits where most of the weights are stored in blocks of eight bits or less, else 32-bit floats.
     */
    static Precision resolve(String setting, ModelFile file) {
        if (!AUTO.equals(setting)) {
            return Precision.valueOf(setting.toUpperCase(Locale.ROOT));
        }
        long all = 0;
        long inBlocks = 0;
        for (TensorInfo tensor : file.tensors().values()) {
            long values = tensor.shape().stream().reduce(1L, (a, b) -> a * b);
            all += values;
            inBlocks += tensor.format().blockSize() > 1 ? values : 0;
        }
        return inBlocks > all / 2 ? Precision.INT8 : Precision.F32;
    }

    /** {@code auto} keeps keys and values in 32-bit floats where the products do not round, else in halves. */
    static KvPrecision resolveKv(String setting, Precision precision) {
        if (!AUTO.equals(setting)) {
            return KvPrecision.valueOf(setting.toUpperCase(Locale.ROOT));
        }
        return precision == Precision.F32 ? KvPrecision.F32 : KvPrecision.F16;
    }
}
