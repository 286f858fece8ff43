package io.promptmill.job;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Kinds of files that rows are written to. */
enum OutputFormat {
    PARQUET("parquet", ".parquet", List.of("none", "snappy", "gzip", "zstd", "lz4_raw")),
    JSONL("json", ".json", List.of("none", "gzip", "bzip2", "deflate")),
    CSV("csv", ".csv", List.of("none", "gzip", "bzip2", "deflate")),
    ORC("orc", ".orc", List.of("none", "snappy", "zlib", "zstd", "lz4")),
    AVRO("avro", ".avro", List.of("none", "snappy", "deflate", "bzip2", "xz", "zstandard")),
    OPENAI_BATCH("text", ".jsonl", List.of("none", "gzip", "bzip2", "deflate"));

    private final String source;
    private final String ending;
    private final List<String> compressions;

    OutputFormat(String source, String ending, List<String> compressions) {
        this.source = source;
        this.ending = ending;
        this.compressions = compressions;
    }

    /** As {@code output.format} spells it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<String> labels() {
        return Arrays.stream(values()).map(OutputFormat::label).collect(Collectors.toList());
    }

    /** Name of Spark's source. */
    String source() {
        return source;
    }

    /** How the names of such files end; an ending of compression may follow. */
    String ending() {
        return ending;
    }

    /** Whether a file of that name is of the format. */
    boolean isNamed(String file) {
        return file.endsWith(ending) || file.contains(ending + ".");
    }

    /** Values of {@code output.compression}. */
    List<String> compressions() {
        return compressions;
    }

    /** The compression as Spark's option names it. */
    String option(String compression) {
        return this == AVRO && compression.equals("none") ? "uncompressed" : compression;
    }

    /** True where every line says itself what it holds. */
    boolean isJson() {
        return this == JSONL || this == OPENAI_BATCH;
    }

    /** True where files carry the types of their columns. */
    boolean hasSchema() {
        return this == PARQUET || this == ORC || this == AVRO;
    }
}
