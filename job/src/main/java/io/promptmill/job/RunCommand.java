package io.promptmill.job;

import io.promptmill.udf.spark.GenerateFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a job from its configuration. */
@Command(
        name = "run",
        description = "Runs the job that a configuration describes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class RunCommand implements Callable<Integer> {

    @Parameters(paramLabel = "CONF", description = "job configuration, YAML or JSON")
    private Path configuration;

    @Option(
            names = "--set",
            paramLabel = "KEY.PATH=VALUE",
            description = "replaces a value of the configuration; may be repeated. The value is YAML.")
    private List<String> settings = List.of();

    @Option(
            names = "--accept-changes",
            description = "with output.mode resume: keeps the finished rows and computes the missing ones with other"
                    + " settings, or leaves out rows that are no longer in the input.")
    private boolean acceptChanges;

    @Override
    public Integer call() throws IOException {
        JobConfig config = new ConfigLoader().load(configuration, settings);
        try (SparkSession spark = SparkSessions.open(config.spark())) {
            new GenerationJob(spark, config, GenerateFunction::new, acceptChanges)
                    .run(System.err)
                    .print(System.out);
        }
        return 0;
    }
}
