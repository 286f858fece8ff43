package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.spark.AdapterSpec;
import java.util.ArrayList;
import java.util.List;

/** Binds the keys {@code adapters} and {@code adapter} of a job. */
final class AdapterSection {
    private static final List<String> KEYS = List.of("name", "path", "scale");

    private AdapterSection() {}

    /**
     * @param root the whole configuration
     * @param column that names a row's adapter, or null
     * @throws ConfigException naming the key that is unknown, missing or wrong
     */
    static AdapterSpec of(Section root, String column) {
        List<AdapterSpec.Entry> entries = new ArrayList<>();
        JsonNode list = root.value("adapters");
        if (list != null && !list.isArray()) {
            throw root.wrong("adapters", list, "a list of adapters, each with name, path and perhaps scale");
        }
        for (int i = 0; list != null && i < list.size(); i++) {
            Section entry = Section.of("adapters[" + i + "]", list.get(i), KEYS);
            entries.add(new AdapterSpec.Entry(
                    entry.requireText("name"),
                    entry.requireText("path"),
                    entry.number("scale").orElse(1.0)));
        }
        JsonNode usual = root.value("adapter");
        if (usual != null && usual.isContainerNode()) {
            throw root.wrong(
                    "adapter", usual, "the name of an adapter; the column with each row's adapter is 'input.adapter'");
        }
        if (!entries.isEmpty() && usual == null && column == null) {
            throw new ConfigException("'adapters' lists adapters that no row would use; name the one for all rows under"
                    + " 'adapter', or the column with each row's adapter under 'input.adapter'");
        }
        return new AdapterSpec(entries, root.text("adapter"), column);
    }
}
