package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How tokens are chosen.
 *
 * @param columns sampling key to the column that overrides it per row
 */
record SamplingConfig(SamplingParameters defaults, Map<String, String> columns) {
    private static final String COLUMN = "column";

    static SamplingConfig of(JsonNode node) {
        Section section = Section.of("sampling", node, RecordBinder.keys(SamplingParameters.class));
        Map<String, String> columns = new LinkedHashMap<>();
        for (String key : section.keys()) {
            if (section.value(key) instanceof ObjectNode reference && reference.has(COLUMN)) {
                columns.put(
                        key,
                        Section.of(section.pathOf(key), reference, List.of(COLUMN))
                                .requireText(COLUMN));
            }
        }
        Section constants = section;
        if (!columns.isEmpty()) {
            constants =
                    Section.anyKeys("sampling", ((ObjectNode) node).deepCopy().without(columns.keySet()));
        }
        return new SamplingConfig(RecordBinder.bind(constants, SamplingParameters.DEFAULT), Map.copyOf(columns));
    }
}
