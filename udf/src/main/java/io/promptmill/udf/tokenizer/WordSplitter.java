package io.promptmill.udf.tokenizer;

/** One pass of a pre-tokenizer over the words that the passes before it left. Stateless and thread-safe. */
@FunctionalInterface
interface WordSplitter {

    Words split(Words words);

    default WordSplitter then(WordSplitter following) {
        return words -> following.split(split(words));
    }
}
