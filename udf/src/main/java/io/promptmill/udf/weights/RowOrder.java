package io.promptmill.udf.weights;

/** Which row of a stored tensor each row of the tensor that is wanted comes from. Stateless. */
@FunctionalInterface
interface RowOrder {

    int sourceRow(int row);

    /**
     * From rotary pairs half a head apart to pairs side by side: of a head of {@code 2h} rows, row {@code 2j + t} is
     * stored as row {@code t * h + j}. Llama's weights were published in the second form; Hugging Face transformers stores
     * the first (its {@code convert_llama_weights_to_hf.py}, {@code permute}).
     *
     * @param headSize even
     */
    static RowOrder adjacentPairs(int headSize) {
        int half = headSize / 2;
        return row -> {
            int within = row % headSize;
            return row - within + within % 2 * half + within / 2;
        };
    }

    /**
     * From groups, each of {@code queries} heads for queries, one for keys and one for values, to all queries, all keys,
     * all values. With one query a group that is GPT-NeoX's order, else Falcon's (Hugging Face transformers,
     * {@code modeling_gpt_neox.py} and {@code modeling_falcon.py}, {@code _split_heads}).
     */
    static RowOrder ungrouped(int groups, int queries, int headSize) {
        return row -> {
            int head = row / headSize;
            int beyond = head - groups * queries;
            int group = beyond < 0 ? head / queries : beyond % groups;
            int member = beyond < 0 ? head % queries : queries + beyond / groups;
            return (group * (queries + 2) + member) * headSize + row % headSize;
        };
    }
}
