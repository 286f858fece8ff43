package io.promptmill.udf.weights;

import java.nio.file.Path;

/** One mapped GGUF file and its header; a model is one of them or several. */
record GgufPart(Path path, MappedBytes bytes, GgufHeader header) {
    private static final int MAXIMUM_PARTS = 65_535;

    /** Maps {@code path} and reads its header. */
    static GgufPart open(Path path, int windowBytes) {
        MappedBytes bytes = MappedBytes.open(path, windowBytes);
        return new GgufPart(path, bytes, GgufHeader.read(path.toString(), bytes));
    }

    /** How many parts the model has, by this one; 1 for a whole model. */
    int count() {
        return Math.max(1, header.metadata().integerOr("split.count", 1, 0, MAXIMUM_PARTS));
    }

    /** Which of them this is, from 0. */
    int index() {
        return header.metadata().integerOr("split.no", 0, 0, count() - 1);
    }
}
