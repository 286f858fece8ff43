package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** Sampling parameters of a row: the job's, with those replaced that a column gives. Immutable and thread-safe. */
final class SamplingOverrides implements Serializable {
    private static final long serialVersionUID = 1L;

    private record Column(SamplingKey key, String column, int index, DataType type) implements Serializable {}

    private final SamplingParameters defaults;
    private final ArrayList<Column> overrides = new ArrayList<>();

    /**
     * @param columns sampling key to column
     * @throws ConfigException where a key is unknown, or a column is missing or of a type that cannot hold the key
     */
    SamplingOverrides(SamplingParameters defaults, Map<String, String> columns, StructType schema) {
        this.defaults = defaults;
        new TreeMap<>(columns).forEach((label, column) -> {
            SamplingKey key = SamplingKey.of(label)
                    .orElseThrow(() -> new ConfigException("sampling key '" + label + "' cannot be overridden per row; "
                            + NearestName.hint(label, SamplingKey.labels()) + "the keys are " + SamplingKey.labels()));
            int index = Columns.require(schema, column, "column for sampling key " + label);
            DataType type = schema.apply(index).dataType();
            if (!key.accepts(type)) {
                throw new ConfigException("column '" + column + "' for sampling key " + label + " is of type "
                        + type.simpleString() + "; expected " + key.expectedTypes());
            }
            overrides.add(new Column(key, column, index, type));
        });
    }

    /** @throws RequestException that names the column and the value where an override cannot be used */
    SamplingParameters of(Row row) {
        SamplingParameters.Builder draft = null;
        for (Column override : overrides) {
            if (!row.isNullAt(override.index)) {
                draft = draft == null ? defaults.toBuilder() : draft;
                apply(override, row, draft);
            }
        }
        if (draft == null) {
            return defaults;
        }
        try {
            return draft.build();
        } catch (ConfigException outOfRange) {
            throw explain(row, outOfRange);
        }
    }

    private static void apply(Column override, Row row, SamplingParameters.Builder draft) {
        Object value = RowValues.toJava(row.get(override.index), override.type);
        try {
            override.key.set(draft, value);
        } catch (IllegalArgumentException wrong) {
            throw new RequestException(
                    "column '" + override.column + "' overrides " + override.key.label() + " with '" + value
                            + "'; expected " + wrong.getMessage(),
                    wrong);
        }
    }

    /** Tries every override alone, to find the column that is to blame; limits of tokens depend on one another. */
    private RequestException explain(Row row, ConfigException outOfRange) {
        SamplingParameters base = SamplingParameters.DEFAULT.toBuilder()
                .maxTokens(Integer.MAX_VALUE)
                .build();
        List<String> columns = new ArrayList<>();
        for (Column override : overrides) {
            if (row.isNullAt(override.index)) {
                continue;
            }
            SamplingParameters.Builder alone = base.toBuilder();
            apply(override, row, alone);
            try {
                alone.build();
                columns.add("'" + override.column + "' = " + row.get(override.index));
            } catch (ConfigException culprit) {
                return new RequestException(
                        "column '" + override.column + "' overrides " + override.key.label() + " with '"
                                + row.get(override.index) + "': " + culprit.getMessage(),
                        culprit);
            }
        }
        return new RequestException(
                "the columns " + columns + " override sampling with values that do not fit: " + outOfRange.getMessage(),
                outOfRange);
    }
}
