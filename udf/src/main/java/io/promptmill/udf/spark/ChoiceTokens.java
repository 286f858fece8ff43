package io.promptmill.udf.spark;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.PromptEncoder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Choices as the tokens with which a model would answer. */
final class ChoiceTokens {
    private ChoiceTokens() {}

    /**
     * The tokens of each text as it goes on after the prompt.
     *
     * @throws RequestException where a text has no tokens, or two have the same, naming them
     */
    static List<int[]> of(List<String> texts, int[] prompt, PromptEncoder encoder) {
        Map<IntBuffer, String> seen = new HashMap<>();
        List<int[]> choices = new ArrayList<>();
        for (String text : texts) {
            int[] tokens = encoder.encodeContinuation(prompt, text);
            if (tokens.length == 0) {
                throw new RequestException(
                        "the choice '" + text + "' has no tokens with this model; choose another text");
            }
            String equal = seen.put(IntBuffer.wrap(tokens), text);
            if (equal != null) {
                throw new RequestException("the choices '" + equal + "' and '" + text
                        + "' have the same tokens with this model, which cannot tell them apart; choose other texts");
            }
            choices.add(tokens);
        }
        return choices;
    }
}
