package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.PromptmillException;
import io.promptmill.udf.spark.AdapterSpec;
import io.promptmill.udf.spark.ModelResolver;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a job's adapters before anything starts, as far as the driver can. */
final class AdapterCheck {
    private static final Logger LOG = LoggerFactory.getLogger(AdapterCheck.class);

    private AdapterCheck() {}

    /**
     * The adapters with the paths that executors are given: absolute for what lies here, unchanged for what is shipped with
     * the job or lies elsewhere.
     *
     * @param model reference to the model that they are for
     * @throws ConfigException where an adapter is here and cannot be used with the model, or is missing
     */
    static AdapterSpec resolve(AdapterSpec adapters, String model, SparkContext spark) {
        return new AdapterSpec(
                adapters.entries().stream()
                        .map(entry -> new AdapterSpec.Entry(entry.name(), resolve(entry, model, spark), entry.scale()))
                        .toList(),
                adapters.usual(),
                adapters.column());
    }

    private static String resolve(AdapterSpec.Entry entry, String model, SparkContext spark) {
        try {
            Optional<Path> path = ModelResolver.pathOf(entry.path());
            if (path.isEmpty() || ModelCheck.isShipped(entry.path(), spark)) {
                return entry.path();
            }
            if (Files.exists(path.get()) || spark.isLocal()) {
                Path found = new ModelResolver(spark.hadoopConfiguration())
                        .resolve(entry.path())
                        .path();
                check(found, ModelResolver.pathOf(model).filter(Files::exists));
                return found.toString();
            }
            LOG.warn(
                    "the adapter '{}' is not on this machine and could not be checked; executors look for it",
                    entry.path());
            return entry.path();
        } catch (PromptmillException wrong) {
            throw new ConfigException("adapter '" + entry.name() + "': " + wrong.getMessage(), wrong);
        }
    }

    private static void check(Path found, Optional<Path> model) {
        try (LoraAdapter adapter = LoraAdapter.open(found)) {
            if (model.isPresent()) {
                try (ModelFile base = ModelFile.open(model.get())) {
                    adapter.tensors(base);
                }
            }
        }
    }
}
