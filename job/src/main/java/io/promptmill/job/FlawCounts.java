package io.promptmill.job;

import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.GenerateMetrics;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.spark.util.LongAccumulator;

/**
 * How many rows of a job have which flaw. Immutable.
 *
 * @param rows of any kind
 * @param byFlaw flaws that no row has may be absent
 */
record FlawCounts(long rows, Map<Flaw, Long> byFlaw) {
    static final FlawCounts NONE = new FlawCounts(0, Map.of());

    FlawCounts {
        byFlaw = Map.copyOf(byFlaw);
    }

    /** @param total what an accumulator has come to */
    static FlawCounts of(GenerateMetrics metrics, ToLongFunction<LongAccumulator> total) {
        Map<Flaw, Long> counts = new EnumMap<>(Flaw.class);
        Arrays.stream(Flaw.values()).forEach(flaw -> counts.put(flaw, total.applyAsLong(metrics.rowsWith(flaw))));
        return new FlawCounts(total.applyAsLong(metrics.rows()), counts);
    }

    long of(Flaw flaw) {
        return byFlaw.getOrDefault(flaw, 0L);
    }
}
