package io.promptmill.udf.engine;

/**
 * A text to turn into a vector.
 *
 * @param promptTokens token ids; ownership passes to the engine
 * @param adapter name of one of the engine's; null for none
 * @param pooling null for what the model's file asks for
 */
public record EmbeddingRequest(int[] promptTokens, String adapter, Pooling pooling) {}
