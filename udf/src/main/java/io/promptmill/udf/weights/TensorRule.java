package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.Set;

/** Says how the tensors of one kind of model are stored in a Hugging Face folder. Stateless. */
@FunctionalInterface
interface TensorRule {
    /** As a model computes with them. */
    TensorRule AS_STORED = (config, name, tensor) -> TensorChange.NONE;

    /** Norms are stored less one (transformers, {@code GemmaRMSNorm}). */
    TensorRule NORMS_LESS_ONE =
            (config, name, tensor) -> name.endsWith("norm.weight") ? TensorChange.PLUS_ONE : TensorChange.NONE;

    /** Linear layers are stored {@code [inputs x outputs]} (transformers, {@code Conv1D}). */
    TensorRule LINEAR_TRANSPOSED = (config, name, tensor) ->
            Set.of("attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight")
                            .contains(name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1))
                    ? TensorChange.TRANSPOSED
                    : TensorChange.NONE;

    /** Rotary pairs of queries and keys lie half a head apart, and GGUF has them side by side. */
    TensorRule PAIRS_APART = (config, name, tensor) -> {
        boolean keys = name.contains(".attn_k.");
        if (!keys && !name.contains(".attn_q.")) {
            return TensorChange.NONE;
        }
        int heads = HubKeys.heads(config);
        int count = keys ? HubKeys.kvHeads(config) : heads;
        long rows = tensor.shape().isEmpty() ? 0 : tensor.shape().get(0);
        if (rows == 0 || rows > Integer.MAX_VALUE || rows % (2L * count) != 0) {
            throw misshapen(tensor, "rows for " + count + " heads of an even size");
        }
        return TensorChange.ordered(RowOrder.adjacentPairs((int) rows / count));
    };

    /** Queries, keys and values of each head follow one another. */
    TensorRule FUSED_BY_HEAD = (config, name, tensor) -> fused(config, name, tensor, HubKeys.heads(config));

    /** Queries, keys and values of each group of heads that share keys follow one another. */
    TensorRule FUSED_BY_GROUP = (config, name, tensor) -> fused(config, name, tensor, HubKeys.falconKvHeads(config));

    /**
     * @param name the tensor's name in GGUF
     * @throws ModelFileException where the tensor's shape does not fit the configuration
     */
    TensorChange change(HubConfig config, String name, SafetensorsTensor tensor);

    private static TensorChange fused(HubConfig config, String name, SafetensorsTensor tensor, int groups) {
        if (!name.contains(".attn_qkv.")) {
            return TensorChange.NONE;
        }
        int heads = HubKeys.heads(config);
        int headSize = HubKeys.headSize(config);
        long expected = (heads + 2L * groups) * headSize;
        if (heads % groups != 0 || tensor.shape().isEmpty() || tensor.shape().get(0) != expected) {
            throw misshapen(
                    tensor, expected + " rows for " + heads + " heads of " + headSize + " in " + groups + " groups");
        }
        return TensorChange.ordered(RowOrder.ungrouped(groups, heads / groups, headSize));
    }

    private static ModelFileException misshapen(SafetensorsTensor tensor, String expected) {
        return new ModelFileException(tensor.source() + ": tensor " + Quoted.of(tensor.name()) + " has shape "
                + tensor.shape() + "; expected " + expected
                + " by config.json. The folder is damaged; download it again");
    }
}
