package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.FlawSamples;
import io.promptmill.udf.spark.FlawSamples.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * When a job ends although more rows are to come, because what comes out of it is of no use. Immutable.
 *
 * @param afterRows of fewer, a share says little
 * @param limits share of the rows with a flaw, from 0 to 1, above which the job ends
 * @param errors what decides on {@link Flaw#INVALID} where no limit is given
 */
record EarlyStop(long afterRows, Map<Flaw, Double> limits, ErrorPolicy errors) {
    private static final String SECTION = "stop_early";
    private static final String AFTER_ROWS = "after_rows";
    private static final long USUAL_ROWS = 200;

    /** Nearly every row: some jobs ask for nothing where there is nothing to say, and greedy small models often loop. */
    private static final double NEARLY_ALL = 0.95;

    EarlyStop {
        limits = Map.copyOf(limits);
    }

    /** @param node of the section, or null */
    static EarlyStop of(JsonNode node, ErrorPolicy errors) {
        List<String> keys = new ArrayList<>(List.of(AFTER_ROWS));
        Arrays.stream(Flaw.values()).map(Flaw::label).forEach(keys::add);
        Section section = Section.of(SECTION, node, keys);
        long rows = section.integer(AFTER_ROWS).orElse(USUAL_ROWS);
        if (rows < 1) {
            throw section.wrong(AFTER_ROWS, section.value(AFTER_ROWS), "1 or more");
        }
        Map<Flaw, Double> limits = new EnumMap<>(Map.of(Flaw.EMPTY, NEARLY_ALL, Flaw.REPETITION, NEARLY_ALL));
        for (Flaw flaw : Flaw.values()) {
            section.number(flaw.label()).ifPresent(share -> {
                if (!(share >= 0 && share <= 1)) {
                    throw section.wrong(flaw.label(), section.value(flaw.label()), "a number from 0 to 1 (never)");
                }
                limits.put(flaw, share);
            });
        }
        return new EarlyStop(rows, limits, errors);
    }

    /** What ends a job that has come so far, or empty. More rows are to come. */
    Optional<Flaw> judge(FlawCounts counts) {
        boolean failsAtOnce = errors.onError() == ErrorPolicy.OnError.FAIL && counts.of(Flaw.INVALID) > 0;
        if (failsAtOnce) {
            return Optional.of(Flaw.INVALID);
        }
        return counts.rows() < afterRows
                ? Optional.empty()
                : Arrays.stream(Flaw.values())
                        .filter(flaw -> excess(counts, flaw).isPresent())
                        .findFirst();
    }

    /** Why a job ends for that flaw, and what to do. */
    String reason(FlawCounts counts, Flaw flaw) {
        return excess(counts, flaw).orElseThrow();
    }

    /** Of a job that is done, what would have ended it with more rows to come; errors are not among them. */
    List<String> warnings(FlawCounts counts) {
        return Arrays.stream(Flaw.values())
                .filter(flaw -> flaw != Flaw.INVALID)
                .flatMap(flaw -> excess(counts, flaw).stream())
                .toList();
    }

    /** Lines that show rows with that flaw; empty where none is known. */
    static String examples(List<Sample> samples, Flaw flaw) {
        List<String> texts = FlawSamples.texts(samples, flaw);
        return texts.isEmpty() ? "" : "\nfor example\n  " + String.join("\n  ", texts);
    }

    private Optional<String> excess(FlawCounts counts, Flaw flaw) {
        Double limit = limits.get(flaw);
        if (flaw == Flaw.INVALID && (limit == null || errors.onError() == ErrorPolicy.OnError.FAIL)) {
            return errors.atEnd(counts.rows(), counts.of(flaw));
        }
        if (limit == null || !(counts.of(flaw) > limit * counts.rows())) {
            return Optional.empty();
        }
        String key = SECTION + "." + flaw.label();
        return Optional.of(String.format(
                Locale.ROOT,
                "%d of %d rows %s, more than %s %s allows: %s, or set %s to 1 to go on all the same",
                counts.of(flaw),
                counts.rows(),
                what(flaw),
                key,
                limit,
                remedy(flaw),
                key));
    }

    private static String what(Flaw flaw) {
        return switch (flaw) {
            case EMPTY -> "have an empty completion";
            case LENGTH -> "are cut off at the limit of tokens";
            case REPETITION -> "go round in a loop";
            case INVALID -> "have an error";
        };
    }

    private static String remedy(Flaw flaw) {
        return switch (flaw) {
            case EMPTY -> "check the prompt, the chat template and sampling.stop";
            case LENGTH -> "raise sampling.max_tokens";
            case REPETITION ->
                "raise sampling.temperature or sampling.repetition_penalty, or check the prompt and the chat template";
            case INVALID -> "correct what the errors say";
        };
    }
}
