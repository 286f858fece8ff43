package io.promptmill.udf.tokenizer;

/** Changes text before it is cut into words. Stateless and thread-safe. */
@FunctionalInterface
interface TextNormalizer {

    String normalize(String text);

    default TextNormalizer then(TextNormalizer following) {
        return text -> following.normalize(normalize(text));
    }
}
