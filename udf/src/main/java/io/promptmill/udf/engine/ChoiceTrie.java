package io.promptmill.udf.engine;

import io.promptmill.udf.error.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The token ids of choices as a trie whose nodes differ in their first token: what choices begin with alike is there once. */
final class ChoiceTrie {
    private static final int NONE = -1;

    private int[] tokens;
    private List<ChoiceTrie> children = new ArrayList<>();
    private int choice = NONE;

    private ChoiceTrie(int[] tokens) {
        this.tokens = tokens;
    }

    /**
     * The trie of some choices; its root has no tokens.
     *
     * @throws RequestException where a choice has no tokens, or two have the same
     */
    static ChoiceTrie of(List<int[]> choices) {
        ChoiceTrie root = new ChoiceTrie(new int[0]);
        for (int i = 0; i < choices.size(); i++) {
            if (choices.get(i).length == 0) {
                throw new RequestException("choice " + (i + 1) + " has no tokens; expected text");
            }
            root.add(choices.get(i), i);
        }
        return root;
    }

    /** Tokens that lead here from the parent. */
    int[] tokens() {
        return tokens;
    }

    /** In the order in which the choices came. */
    List<ChoiceTrie> children() {
        return children;
    }

    /** True where a choice ends here. */
    boolean isChoice() {
        return choice != NONE;
    }

    /** Index of the choice that ends here. */
    int choice() {
        return choice;
    }

    /** True where choices go on from here, so that the distribution after its last token is needed. */
    boolean branches() {
        return !children.isEmpty();
    }

    private void add(int[] rest, int newChoice) {
        for (ChoiceTrie child : children) {
            if (child.tokens[0] == rest[0]) {
                int common = Arrays.mismatch(child.tokens, rest);
                int shared = common < 0 ? rest.length : common;
                if (shared < child.tokens.length) {
                    child.split(shared);
                }
                child.end(Arrays.copyOfRange(rest, shared, rest.length), newChoice);
                return;
            }
        }
        ChoiceTrie child = new ChoiceTrie(rest);
        child.choice = newChoice;
        children.add(child);
    }

    private void end(int[] rest, int newChoice) {
        if (rest.length > 0) {
            add(rest, newChoice);
        } else if (choice != NONE) {
            throw new RequestException("choices " + (choice + 1) + " and " + (newChoice + 1)
                    + " are the same to the model's tokenizer; change one of them");
        } else {
            choice = newChoice;
        }
    }

    /** Makes this node end after {@code count} tokens; what follows becomes its only child. */
    private void split(int count) {
        ChoiceTrie lower = new ChoiceTrie(Arrays.copyOfRange(tokens, count, tokens.length));
        lower.children = children;
        lower.choice = choice;
        tokens = Arrays.copyOf(tokens, count);
        children = new ArrayList<>(List.of(lower));
        choice = NONE;
    }
}
