package io.promptmill.udf.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.util.AccumulatorV2;

/**
 * A few rows with each flaw, in words; what comes later is left out. One is written by a single thread and may be read by
 * others.
 */
public final class FlawSamples extends AccumulatorV2<FlawSamples.Sample, List<FlawSamples.Sample>> {
    private static final long serialVersionUID = 1L;

    /** Enough to see what the rows have in common. */
    static final int MOST_PER_FLAW = 3;

    /** Replaced when it grows: a heartbeat may be reading it. */
    private volatile List<Sample> samples = List.of();

    /**
     * A row.
     *
     * @param text which row it is and what came out, in one line
     */
    public record Sample(Flaw flaw, String text) implements Serializable {}

    /** Those with that flaw, as many as are shown. */
    public static List<String> texts(List<Sample> samples, Flaw flaw) {
        return samples.stream()
                .filter(sample -> sample.flaw() == flaw)
                .map(Sample::text)
                .distinct()
                .limit(MOST_PER_FLAW)
                .toList();
    }

    /** True where a further one with that flaw would be kept. */
    boolean wants(Flaw flaw) {
        return samples.stream().filter(sample -> sample.flaw() == flaw).count() < MOST_PER_FLAW;
    }

    @Override
    public boolean isZero() {
        return samples.isEmpty();
    }

    @Override
    public AccumulatorV2<Sample, List<Sample>> copy() {
        FlawSamples copy = new FlawSamples();
        copy.samples = samples;
        return copy;
    }

    @Override
    public void reset() {
        samples = List.of();
    }

    @Override
    public void add(Sample sample) {
        if (wants(sample.flaw())) {
            List<Sample> more = new ArrayList<>(samples);
            more.add(sample);
            samples = List.copyOf(more);
        }
    }

    @Override
    public void merge(AccumulatorV2<Sample, List<Sample>> other) {
        other.value().forEach(this::add);
    }

    @Override
    public List<Sample> value() {
        return samples;
    }
}
