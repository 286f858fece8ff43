package io.promptmill.job;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds what a mistyped name was meant to be. */
final class NearestName {

    private NearestName() {}

    /** The name with the fewest edits from {@code name}, case aside; ties go to the one that stands first. */
    static String of(String name, Collection<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        String lowered = name.toLowerCase(Locale.ROOT);
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance.apply(lowered, candidate.toLowerCase(Locale.ROOT))))
                .orElse("");
    }
}
