package io.promptmill.job;

import java.io.PrintStream;

/** A job whose configuration, input and output have been checked. Used once, by one thread. */
interface JobRun {

    /**
     * Computes and publishes the rows.
     *
     * @param progress where lines on the state of the job go
     * @throws JobFailedException where it could not be completed; the message says where finished rows are
     */
    JobReport run(PrintStream progress);
}
