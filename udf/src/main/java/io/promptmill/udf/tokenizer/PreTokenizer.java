package io.promptmill.udf.tokenizer;

import java.util.List;

/**
 * How a byte-level BPE vocabulary cuts text into words before it merges: a sequence of passes, each over the parts that
 * the one before left. Immutable and thread-safe.
 *
 * @param ignoresMerges whether a word that is a token as a whole is taken as it is
 * @param addsBeginOfText whether a model with this pre-tokenizer begins texts with the begin-of-text token unless its
 *     file says otherwise
 */
record PreTokenizer(List<SplitStage> stages, boolean ignoresMerges, boolean addsBeginOfText) {

    static PreTokenizer of(SplitStage... stages) {
        return new PreTokenizer(List.of(stages), false, false);
    }

    PreTokenizer ignoringMerges() {
        return new PreTokenizer(stages, true, addsBeginOfText);
    }

    PreTokenizer addingBeginOfText() {
        return new PreTokenizer(stages, ignoresMerges, true);
    }

    /** The ends of the words of {@code text}, in order. */
    IntList split(CodePoints text) {
        IntList ends = new IntList(text.length() / 4);
        if (text.length() > 0) {
            stages.get(0).split(text, 0, text.length(), ends);
        }
        IntList spare = new IntList(0);
        for (SplitStage stage : stages.subList(1, stages.size())) {
            IntList finer = spare;
            finer.clear();
            int start = 0;
            for (int index = 0; index < ends.size(); index++) {
                stage.split(text, start, ends.get(index), finer);
                start = ends.get(index);
            }
            spare = ends;
            ends = finer;
        }
        return ends;
    }
}
