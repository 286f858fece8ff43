package io.promptmill.udf.tokenizer;

import io.promptmill.udf.error.RequestException;
import java.util.List;

/** Changes text before it is cut into words. Stateless and thread-safe. */
@FunctionalInterface
interface TextNormalizer {

    String normalize(String text);

    default TextNormalizer then(TextNormalizer following) {
        return text -> following.normalize(normalize(text));
    }

    /**
     * One after the other.
     *
     * @throws RequestException from the normalizer, where a text grows beyond measure
     */
    static TextNormalizer sequence(List<TextNormalizer> steps) {
        return text -> {
            String normalized = text;
            for (TextNormalizer step : steps) {
                normalized = step.normalize(normalized);
                checkGrowth(text.length(), normalized.length());
            }
            return normalized;
        };
    }

    /** Refuses what no honest file does: no character of Unicode becomes more than eighteen. */
    static void checkGrowth(int before, int after) {
        if (after > 20L * before + 4096) {
            throw new RequestException("a part of the prompt of " + before + " characters grows to more than " + after
                    + " in the steps of the model's tokenizer.json; shorten it or use another model");
        }
    }
}
