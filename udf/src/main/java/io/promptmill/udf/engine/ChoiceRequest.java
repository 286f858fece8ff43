package io.promptmill.udf.engine;

import java.util.List;

/**
 * Choices to score as continuations of a prompt.
 *
 * @param promptTokens token ids; ownership passes to the engine
 * @param choices token ids of each choice, at least one; distinct
 * @param adapter name of one of the engine's; null for none
 */
public record ChoiceRequest(int[] promptTokens, List<int[]> choices, String adapter) {
    public ChoiceRequest {
        choices = List.copyOf(choices);
    }
}
