package io.promptmill.job.ledger;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** Reads on an executor which rows of a partition earlier attempts of its task have committed. */
final class CommittedKeys {
    private static final String PROJECTION = "message keys { optional binary " + RowKeys.KEY + "; }";

    private CommittedKeys() {}

    /** The keys that a run has committed of a partition: some 80 bytes of memory for each. */
    static Set<ByteBuffer> read(LedgerFolder folder, String run, int partition, Configuration hadoop)
            throws IOException {
        FileSystem files = folder.root().getFileSystem(hadoop);
        Configuration reading = new Configuration(hadoop);
        reading.set(ReadSupport.PARQUET_READ_SCHEMA, PROJECTION);
        Set<ByteBuffer> keys = new HashSet<>();
        for (CommittedStep step : steps(files, folder, CommittedStep.prefix(run, partition))) {
            Path path = folder.step(step.fileName());
            try (ParquetReader<Group> reader = ParquetReader.builder(new GroupReadSupport(), path)
                    .withConf(reading)
                    .build()) {
                for (Group row = reader.read(); row != null; row = reader.read()) {
                    keys.add(ByteBuffer.wrap(row.getBinary(0, 0).getBytes()));
                }
            }
        }
        return keys;
    }

    /** The commits whose names begin like that, and whose files are there whole. */
    static List<CommittedStep> steps(FileSystem files, LedgerFolder folder, String prefix) throws IOException {
        List<CommittedStep> steps = new ArrayList<>();
        FileStatus[] commits;
        try {
            commits = files.listStatus(folder.commits(), path -> path.getName().startsWith(prefix));
        } catch (FileNotFoundException none) {
            return steps;
        }
        for (FileStatus commit : commits) {
            CommittedStep.parse(commit.getPath().getName()).ifPresent(steps::add);
        }
        return steps;
    }
}
