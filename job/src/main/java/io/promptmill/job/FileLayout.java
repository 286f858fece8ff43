package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import java.util.List;

/**
 * How rows are divided into files.
 *
 * @param partitions number of files that the rows are gathered in; 0: as many as there were tasks or, with {@code resume}, as
 *     their size asks for
 * @param partitionBy columns by whose values the rows lie in folders; may be empty
 * @param compression or null: the format's own
 * @param maxRows of a file; 0: any number
 * @param targetBytes of a file, about; 0: any size
 */
record FileLayout(int partitions, List<String> partitionBy, String compression, long maxRows, long targetBytes) {

    static final List<String> KEYS =
            List.of("partitions", "partition_by", "compression", "max_rows_per_file", "target_file_size");

    static final FileLayout DEFAULT = new FileLayout(0, List.of(), null, 0, 0);

    static FileLayout of(Section section, OutputFormat format) {
        int partitions = section.smallInteger("partitions").orElse(0);
        if (partitions < 0) {
            throw new ConfigException("'output.partitions' is " + partitions + "; expected 0 (as they come) or more");
        }
        long maxRows = section.integer("max_rows_per_file").orElse(0L);
        if (maxRows < 0) {
            throw section.wrong("max_rows_per_file", section.value("max_rows_per_file"), "0 (any number) or more");
        }
        long target = section.bytes("target_file_size").orElse(0L);
        if (target > 0 && partitions > 0) {
            throw new ConfigException(
                    "'output.partitions' and 'output.target_file_size' both say how many files there are;"
                            + " remove one");
        }
        return new FileLayout(
                partitions,
                section.texts("partition_by").map(List::copyOf).orElse(List.of()),
                section.oneOf("compression", format.compressions()).orElse(null),
                maxRows,
                target);
    }
}
