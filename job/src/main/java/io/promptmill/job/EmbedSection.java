package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.engine.Pooling;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.EmbedTask;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Binds the section {@code embed}. */
final class EmbedSection {
    private static final List<String> POOLINGS =
            Arrays.stream(Pooling.values()).map(Pooling::label).toList();

    private EmbedSection() {}

    /** @throws ConfigException naming the key that is unknown or wrong */
    static EmbedTask of(JsonNode node) {
        Section section = Section.of("embed", node, List.of("pooling", "normalize", "dimensions"));
        int dimensions = section.smallInteger("dimensions").orElse(0);
        if (section.has("dimensions") && dimensions < 1) {
            throw section.wrong("dimensions", section.value("dimensions"), "1 or more");
        }
        return new EmbedTask(
                section.oneOf("pooling", POOLINGS)
                        .map(name -> Pooling.valueOf(name.toUpperCase(Locale.ROOT)))
                        .orElse(null),
                section.flag("normalize").orElse(true),
                dimensions);
    }
}
