package io.promptmill.job;

import io.promptmill.job.ledger.Lease;
import io.promptmill.job.ledger.RunId;
import io.promptmill.udf.error.DataException;
import io.promptmill.udf.spark.GenerateSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Holds a resumable output from the first look at it until its run has ended, so that no other run writes to it. */
final class LeasedRun implements JobRun {
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(10);

    private final JobRun run;
    private final Lease lease;

    private LeasedRun(JobRun run, Lease lease) {
        this.run = run;
        this.lease = lease;
    }

    /**
     * A run that goes on with what is at the output path.
     *
     * @throws io.promptmill.udf.error.PromptmillException where the job could not succeed, another run is under way there, or
     *     what is there was made by a job with other settings
     */
    static JobRun of(
            SparkSession spark,
            JobConfig config,
            GenerateSpec spec,
            RowFunctionFactory functions,
            OutputWriter writer,
            boolean acceptChanges) {
        writer.checkResume(config.input().paths());
        Path output = writer.target();
        String name = RunId.next();
        Lease lease;
        try {
            lease = Lease.acquire(output, spark.sparkContext().hadoopConfiguration(), name, SIGN_OF_LIFE);
        } catch (IOException e) {
            throw new DataException("output.path '" + output + "' cannot be used: " + Failures.firstLine(e), e);
        }
        try {
            return new LeasedRun(
                    ResumableRun.of(spark, config, spec, functions, writer, acceptChanges, lease, name), lease);
        } catch (Throwable refused) {
            lease.close();
            throw refused;
        }
    }

    @Override
    public JobReport run(PrintStream progress) {
        try (lease) {
            return run.run(progress);
        }
    }
}
