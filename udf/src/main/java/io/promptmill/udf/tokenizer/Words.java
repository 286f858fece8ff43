package io.promptmill.udf.tokenizer;

/**
 * A text on its way from characters to words: parts of it in order, what lies between them is left out.
 *
 * @param bounds start and end of each part, none of them empty
 * @param beginsText whether the text's first character is the first one of the prompt
 */
record Words(CodePoints text, IntList bounds, boolean beginsText) {

    static Words whole(CodePoints text, boolean beginsText) {
        IntList bounds = new IntList(2);
        if (text.length() > 0) {
            bounds.add(0);
            bounds.add(text.length());
        }
        return new Words(text, bounds, beginsText);
    }

    int count() {
        return bounds.size() / 2;
    }

    int start(int word) {
        return bounds.get(2 * word);
    }

    int end(int word) {
        return bounds.get(2 * word + 1);
    }

    boolean isFirstOfText(int word) {
        return beginsText && start(word) == 0;
    }
}
