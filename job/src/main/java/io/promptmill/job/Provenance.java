package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptmill.job.ledger.Manifest;
import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.GenerateSpec;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Says where rows come from: the model by its digest, the settings, versions. It lies beside the rows as a file and, where
 * their format is Parquet, in the metadata of the first column that the job adds. Immutable.
 */
final class Provenance {
    /** Beside the rows; readers of the rows pass over names that begin with an underscore. */
    static final String FILE = "_promptmill.json";

    /** The key in a column's metadata. */
    static final String KEY = "promptmill";

    private static final JsonMapper JSON = new JsonMapper();

    private final RowPipeline pipeline;
    private final ObjectNode making;
    private final Instant begun = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    /** @param model as executors are given it */
    Provenance(RowPipeline pipeline, GenerateSpec spec, ModelIdentity model, Configuration hadoop) {
        this.pipeline = pipeline;
        Manifest manifest = JobSettings.manifest(pipeline, spec, model, hadoop);
        making = JsonNodeFactory.instance.objectNode();
        making.put("promptmill", Version.number());
        making.put("spark", pipeline.spark().version());
        ObjectNode description = making.putObject("model");
        description.put("reference", pipeline.config().model());
        description.put("sha256", model.sha256());
        description.put("chat_template_sha256", model.chatTemplateSha256());
        description.put("precision", spec.engine().precision());
        pipeline.config().input().origins().forEach(making.putArray("input")::add);
        putAll(making.putObject("settings"), manifest.settings());
        making.put("start", manifest.start());
    }

    /** The rows with how they were made in the metadata of a column. */
    Dataset<Row> mark(Dataset<Row> rows) {
        List<String> folders = pipeline.config().output().layout().partitionBy();
        String marked = Arrays.stream(pipeline.added().fieldNames())
                .filter(name -> !folders.contains(name))
                .findFirst()
                .orElseThrow();
        Column[] columns = Arrays.stream(rows.columns())
                .map(name -> {
                    Column column = quoted(name);
                    return name.equals(marked)
                            ? column.as(
                                    name,
                                    new MetadataBuilder()
                                            .putString(KEY, making.toString())
                                            .build())
                            : column;
                })
                .toArray(Column[]::new);
        return rows.select(columns);
    }

    /** What {@link #mark} has said in one of the columns. */
    static JsonNode of(StructType schema) {
        for (StructField field : schema.fields()) {
            if (field.metadata().contains(KEY)) {
                try {
                    return JSON.readTree(field.metadata().getString(KEY));
                } catch (JsonProcessingException impossible) {
                    throw new UncheckedIOException(impossible);
                }
            }
        }
        throw new IllegalArgumentException("none of the columns " + List.of(schema.fieldNames()) + " is marked");
    }

    /** All of it, with what a run has done. */
    String json(JobReport report) {
        ObjectNode all = making.deepCopy();
        ObjectNode run = all.putObject("run");
        run.put("begun", begun.toString());
        run.put("ended", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        run.put("rows", report.rows());
        run.put("errors", report.errors());
        for (Flaw flaw : List.of(Flaw.EMPTY, Flaw.LENGTH, Flaw.REPETITION)) {
            run.put(flaw.label(), report.flaws().of(flaw));
        }
        run.put("prompt_tokens", report.tokens().prompt());
        run.put("completion_tokens", report.tokens().completion());
        run.put("rows_finished_before", report.remarks().resumedRows());
        run.put("rows_computed", report.work().rows());
        new TreeSet<>(pipeline.metrics().hosts().value()).forEach(run.putArray("hosts")::add);
        return all.toPrettyString() + "\n";
    }

    private static void putAll(ObjectNode node, Map<String, String> values) {
        values.forEach(node::put);
    }
}
