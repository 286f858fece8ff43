package io.promptmill.job;

import io.promptmill.udf.spark.ModelResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Finds the model of a command that runs without a cluster. */
final class ModelFiles {

    private ModelFiles() {}

    /** The local file of a path or URI; one on another filesystem is copied here first. */
    static Path local(String reference) {
        boolean here = !reference.contains(":/") && Files.exists(Path.of(reference));
        return here
                ? Path.of(reference)
                : new ModelResolver(new Configuration()).resolve(reference).path();
    }
}
