package io.promptmill.udf.engine;

import java.util.List;

/**
 * A token and how likely it was, by the model's own distribution: before temperature, penalties, bias and constraints.
 *
 * @param text as the vocabulary spells it
 * @param logprob natural logarithm of its probability; null for the first token of a prompt, which follows nothing
 * @param alternatives the most likely tokens there, the most likely first, without alternatives of their own
 */
public record TokenLogprob(int token, String text, Double logprob, List<TokenLogprob> alternatives) {
    /** Memory of one, about: the object, its text and the references to it. */
    static final int BYTES = 96;
}
