package io.promptmill.job;

import io.promptmill.udf.engine.ModelSummary;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.spark.ModelResolver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a job's model before anything starts, as far as the driver can. */
final class ModelCheck {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCheck.class);

    private ModelCheck() {}

    /**
     * The reference that executors are given: absolute for a file that lies here, unchanged else.
     *
     * @param local true where this JVM is the only executor, so that a model that is not here is nowhere
     * @throws ModelFileException where the model is here and cannot be used, or is missing
     */
    static String resolve(String reference, boolean local, Configuration hadoop) {
        boolean file = reference.startsWith("file:");
        if (!file && reference.contains("://")) {
            return checkRemote(reference, hadoop);
        }
        Path path = Path.of(file ? URI.create(reference).getPath() : reference);
        if (Files.exists(path)) {
            ModelSummary.of(path);
            return path.toAbsolutePath().toString();
        }
        if (local) {
            ModelSummary.of(new ModelResolver(hadoop).resolve(reference).path());
            return reference;
        }
        LOG.warn("the model '{}' is not on this machine and could not be checked; executors look for it", reference);
        return reference;
    }

    private static String checkRemote(String reference, Configuration hadoop) {
        try {
            org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(reference);
            if (!path.getFileSystem(hadoop).exists(path)) {
                throw new ModelFileException("no model at '" + reference + "'");
            }
            return reference;
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("'model' " + reference + " cannot be reached: " + Failures.firstLine(e), e);
        }
    }
}
