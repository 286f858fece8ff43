package io.promptmill.job;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptmill.job.ledger.Manifest;
import io.promptmill.udf.spark.AdapterSpec;
import io.promptmill.udf.spark.GenerateSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Writes down what the results of a job's rows depend on besides the rows, defaults included. */
final class JobSettings {
    private static final JsonMapper JSON = JsonMapper.builder()
            .visibility(PropertyAccessor.ALL, Visibility.NONE)
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .build();

    private JobSettings() {}

    /**
     * The manifest of an output that this job writes.
     *
     * @param model as executors are given it
     */
    static Manifest manifest(RowPipeline pipeline, GenerateSpec spec, ModelIdentity model, Configuration hadoop) {
        return new Manifest(settings(spec, model, pipeline.config(), hadoop), columns(pipeline), spec.start());
    }

    private static Map<String, String> settings(
            GenerateSpec spec, ModelIdentity model, JobConfig config, Configuration hadoop) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model", model.text());
        if (model.chatTemplateSha256() != null) {
            settings.put("chat_template", model.chatTemplateSha256());
        }
        for (AdapterSpec.Entry adapter : spec.adapters().entries()) {
            settings.put(
                    "adapters." + adapter.name(),
                    ModelIdentity.of(adapter.path(), hadoop).text() + " x " + adapter.scale());
        }
        if (spec.adapters().usual() != null) {
            settings.put("adapter", spec.adapters().usual());
        }
        flatten("prompt", JSON.valueToTree(spec.prompt()), settings);
        settings.put("task", spec.task().name());
        flatten(spec.task().name(), JSON.valueToTree(spec.task()), settings);
        flatten("reasoning", JSON.valueToTree(spec.reasoning()), settings);
        flatten("sampling", JSON.valueToTree(spec.sampling()), settings);
        new TreeMap<>(spec.samplingColumns())
                .forEach((key, column) -> settings.put("sampling." + key + ".column", column));
        settings.put("engine.precision", spec.engine().precision());
        settings.put("engine.kv_precision", spec.engine().kvPrecision());
        settings.put("engine.max_context", Integer.toString(spec.engine().maxContext()));
        settings.put("input.id", String.valueOf(config.input().id()));
        settings.put("version", Version.number());
        return settings;
    }

    /** Names are those of the configuration where a key has one. */
    private static void flatten(String path, JsonNode node, Map<String, String> settings) {
        if (node.isObject()) {
            node.fields()
                    .forEachRemaining(field ->
                            flatten(path + "." + RecordBinder.key(field.getKey()), field.getValue(), settings));
        } else if (!node.isNull()) {
            settings.put(path, node.isTextual() ? node.textValue() : node.toString());
        }
    }

    private static Map<String, String> columns(RowPipeline pipeline) {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("trigger", pipeline.config().trigger().isStream() ? "files as they come" : "once");
        StructType input = pipeline.input().schema();
        for (String name : pipeline.readColumns()) {
            columns.put("input column " + name, input.apply(name).dataType().sql());
        }
        for (StructField field : pipeline.added().fields()) {
            columns.put("output column " + field.name(), field.dataType().sql());
        }
        return columns;
    }
}
