package io.promptmill.udf.tokenizer;

/** Words to token ids, for one kind of model. Thread-safe. */
@FunctionalInterface
interface WordEncoder {

    /** Appends the ids of the word {@code [start, end)}, which is not empty. */
    void encode(CodePoints text, int start, int end, IntList ids);
}
