package io.promptmill.udf.tokenizer;

/** Metadata keys of a GGUF file that describe its vocabulary. */
final class TokenizerKeys {
    static final String MODEL = "tokenizer.ggml.model";
    static final String PRE_TOKENIZER = "tokenizer.ggml.pre";
    static final String TOKENS = "tokenizer.ggml.tokens";
    static final String TYPES = "tokenizer.ggml.token_type";
    static final String SCORES = "tokenizer.ggml.scores";
    static final String MERGES = "tokenizer.ggml.merges";
    static final String ADD_BEGIN = "tokenizer.ggml.add_bos_token";
    static final String ADD_END = "tokenizer.ggml.add_eos_token";
    static final String ADD_SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";
    static final String CHAT_TEMPLATE = "tokenizer.chat_template";
    static final String MODEL_NAME = "general.name";

    private TokenizerKeys() {}

    /** The key of a special token's id, such as {@code bos}, {@code eos}, {@code eot}, {@code fim_pad}. */
    static String tokenId(String role) {
        return "tokenizer.ggml." + role + "_token_id";
    }
}
