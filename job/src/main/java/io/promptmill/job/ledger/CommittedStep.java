package io.promptmill.job.ledger;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows that one task committed together. All of it is in the name of its commit, so that a listing tells what is there. The
 * commit is created after the file of rows has been closed: neither a rename nor an append has to be atomic for that, so
 * it holds on local disks, HDFS and object stores alike.
 *
 * @param run of the job
 * @param partition of the run's rows
 * @param task attempt that wrote it
 * @param number among the steps of that attempt, from 0
 * @param rows in the file
 * @param errors those of them that have an error
 * @param bytes of the file
 */
record CommittedStep(String run, int partition, long task, int number, long rows, long errors, long bytes) {
    private static final Pattern NAME =
            Pattern.compile("([0-9a-zA-Z]+)-p(\\d+)-t(\\d+)-s(\\d+)\\.r(\\d+)\\.e(\\d+)\\.b(\\d+)");

    /** The step of a commit's name, or empty where the name is none. */
    static Optional<CommittedStep> parse(String commitName) {
        Matcher name = NAME.matcher(commitName);
        if (!name.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new CommittedStep(
                    name.group(1),
                    Integer.parseInt(name.group(2)),
                    Long.parseLong(name.group(3)),
                    Integer.parseInt(name.group(4)),
                    Long.parseLong(name.group(5)),
                    Long.parseLong(name.group(6)),
                    Long.parseLong(name.group(7))));
        } catch (NumberFormatException tooLong) {
            return Optional.empty();
        }
    }

    /** What the names of a partition's commits in a run begin with. */
    static String prefix(String run, int partition) {
        return String.format("%s-p%05d-", run, partition);
    }

    /** The name of a step's file. */
    static String fileName(String run, int partition, long task, int number) {
        return prefix(run, partition) + String.format("t%d-s%05d", task, number) + ".parquet";
    }

    String fileName() {
        return fileName(run, partition, task, number);
    }

    String commitName() {
        return prefix(run, partition) + String.format("t%d-s%05d.r%d.e%d.b%d", task, number, rows, errors, bytes);
    }
}
