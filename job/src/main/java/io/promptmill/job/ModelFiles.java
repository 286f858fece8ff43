package io.promptmill.job;

import io.promptmill.udf.spark.ModelResolver;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Finds the model of a command that runs without a cluster. */
final class ModelFiles {

    private ModelFiles() {}

    /** The local file of a path, URI or reference to the hub; one that lies elsewhere is fetched first. */
    static Path local(String reference) {
        return new ModelResolver(new Configuration()).resolve(reference).path();
    }
}
