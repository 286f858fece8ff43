package io.promptmill.job;

import io.promptmill.job.OutputConfig.Mode;
import io.promptmill.udf.spark.AdapterSpec;
import io.promptmill.udf.spark.GenerateSpec;
import java.io.PrintStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** One run of a job: checks everything, then computes. Used once, by one thread. */
final class GenerationJob {
    private final JobRun run;

    /** As below; a run with other settings than those that an output was begun with is refused. */
    GenerationJob(SparkSession spark, JobConfig config, RowFunctionFactory functions) {
        this(spark, config, functions, false);
    }

    /**
     * Checks everything that can be checked before the first token.
     *
     * @param acceptChanges whether a resumed output may get rows that are computed otherwise than those it has
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed
     */
    GenerationJob(SparkSession spark, JobConfig config, RowFunctionFactory functions, boolean acceptChanges) {
        String model = ModelCheck.resolve(config.model(), config.prompt(), spark.sparkContext());
        ModelCheck.checkMemory(model, config.engine(), spark.sparkContext());
        AdapterSpec adapters = AdapterCheck.resolve(config.adapters(), config.model(), spark.sparkContext());
        OutputWriter writer =
                new OutputWriter(config.output(), spark.sparkContext().hadoopConfiguration());
        GenerateSpec spec = config.generateSpec(model, adapters);
        if (config.output().mode() == Mode.RESUME) {
            run = LeasedRun.of(spark, config, spec, functions, writer, acceptChanges);
        } else {
            Configuration hadoop = spark.sparkContext().hadoopConfiguration();
            RowPipeline pipeline = new RowPipeline(spark, config, spec, functions);
            run = new WholeRun(
                    pipeline, writer, new Provenance(pipeline, spec, ModelIdentity.of(model, hadoop), hadoop));
        }
    }

    /**
     * Computes and publishes every row.
     *
     * @param progress where lines on the state of the job go
     * @throws JobFailedException where it could not be completed, or every row of a non-empty input failed; what was at
     *     the output path before is there still, unless the message says where it is
     */
    JobReport run(PrintStream progress) {
        return run.run(progress);
    }
}
