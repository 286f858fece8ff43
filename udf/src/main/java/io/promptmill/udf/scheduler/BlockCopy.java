package io.promptmill.udf.scheduler;

/** What a KV block holds is to be copied to another one before the next step. */
public record BlockCopy(int from, int to) {}
