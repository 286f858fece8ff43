package io.promptmill.udf.tokenizer;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** Text to token ids and back, exactly as the model was trained with. Immutable and thread-safe. */
public interface Tokenizer {

    int vocabularySize();

    /**
     * Tokenizes text from a user. Text that looks like a control token (such as {@code </s>}) stays text.
     *
     * @param addSpecial whether the begin-of-text and end-of-text tokens are added that the model asks for
     */
    int[] encode(String text, boolean addSpecial);

    /**
     * Tokenizes the output of a chat template: control tokens are recognised, and the {@code shield} character, which a
     * renderer puts inside a user's look-alikes of them, is removed from what lies between.
     */
    int[] encodeTemplate(String text, boolean addSpecial, char shield);

    /** The token as the vocabulary spells it, for display. */
    String piece(int token);

    /** True for control tokens (begin, end, roles, padding), which have no text of their own. */
    boolean isControl(int token);

    /** Control tokens by their spelling: what {@link #encodeTemplate} recognises and a renderer must shield. */
    Map<String, Integer> controlTokens();

    OptionalInt beginOfText();

    /** Tokens that end a completion: end of text, end of turn. */
    Set<Integer> endTokens();

    /** True where {@link #encode} with {@code addSpecial} puts the begin-of-text token in front. */
    boolean addsBeginOfText();

    /**
     * The UTF-8 that a token adds to a text; part of a character, maybe. Empty for tokens without text. Not to be changed.
     *
     * @param beginsText whether the text begins with it
     */
    byte[] bytes(int token, boolean beginsText);

    /** True where the token after {@code previousToken} (-1: none) begins a text. */
    default boolean beginsText(int previousToken) {
        return previousToken < 0 || isControl(previousToken);
    }

    /** A fresh decoder for one completion, whose first token follows {@code previousToken} (-1: starts a text). */
    StreamingDecoder decoder(int previousToken);
}
