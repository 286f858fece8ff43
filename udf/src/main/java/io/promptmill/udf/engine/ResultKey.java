package io.promptmill.udf.engine;

/** All that a result depends on: two requests of equal keys have the same one. */
sealed interface ResultKey permits CompletionKey, ChoiceKey, EmbeddingKey {
    /** Memory that it takes, about. */
    long bytes();
}
