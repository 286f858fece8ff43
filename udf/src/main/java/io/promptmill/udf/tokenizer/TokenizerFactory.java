package io.promptmill.udf.tokenizer;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Makes a model's tokenizer: from a tokenizer.json (see {@link TokenizerJson}), or as a model file describes it under
 * {@code tokenizer.ggml.*}, byte-level BPE ({@code gpt2}) or SentencePiece BPE ({@code llama}). Defaults for what a file leaves out are the ones of the reference engine, llama.cpp.
 */
public final class TokenizerFactory {
    private static final String BYTE_PAIR = "gpt2";
    private static final String SENTENCE_PIECE = "llama";

    private TokenizerFactory() {}

    /**
     * The tokenizer of a model: the one in its metadata or, without a vocabulary there, its tokenizer.json.
     *
     * @throws ModelFileException if the vocabulary is missing, damaged, or of a kind that is not supported
     */
    public static ModelTokenizer open(ModelFile file) {
        Metadata metadata = file.metadata();
        if (!metadata.has(TokenizerKeys.MODEL) && file.tokenizerFile().isPresent()) {
            return TokenizerJson.read(file.tokenizerFile().get());
        }
        Tokenizer tokenizer = create(metadata);
        String model = metadata.requireText(TokenizerKeys.MODEL);
        OptionalLong end = metadata.integer(TokenizerKeys.tokenId("eos"));
        return new ModelTokenizer(
                tokenizer,
                metadata.text(TokenizerKeys.PRE_TOKENIZER)
                        .map(name -> model + " (" + name + ")")
                        .orElse(model),
                metadata.text(TokenizerKeys.CHAT_TEMPLATE),
                tokenizer.beginOfText().isPresent()
                        ? Optional.of(tokenizer.piece(tokenizer.beginOfText().getAsInt()))
                        : Optional.empty(),
                end.isPresent() ? Optional.of(tokenizer.piece((int) end.getAsLong())) : Optional.empty());
    }

    /** As {@link #open}, for those who need no more than the tokenizer. */
    public static Tokenizer create(ModelFile file) {
        return open(file).tokenizer();
    }

    /**
     * The tokenizer of a model file's metadata.
     *
     * @throws ModelFileException if the file's vocabulary is missing, damaged, or of a kind that is not supported
     */
    public static Tokenizer create(Metadata metadata) {
        String model = metadata.requireText(TokenizerKeys.MODEL);
        return switch (model) {
            case BYTE_PAIR -> bytePair(metadata);
            case SENTENCE_PIECE -> sentencePiece(metadata);
            default ->
                throw new ModelFileException(metadata.source() + ": key '" + TokenizerKeys.MODEL + "' is '"
                        + model + "'; expected '" + BYTE_PAIR + "' or '" + SENTENCE_PIECE
                        + "'. Use a model with one of these vocabularies");
        };
    }

    private static Tokenizer bytePair(Metadata metadata) {
        PreTokenizer preTokenizer = PreTokenizers.named(
                metadata.source(),
                metadata.text(TokenizerKeys.PRE_TOKENIZER)
                        .filter(name -> !name.isEmpty())
                        .orElse("default"));
        Vocabulary vocabulary = new Vocabulary(metadata);
        String[] merges = metadata.texts(TokenizerKeys.MERGES)
                .orElseThrow(() -> vocabulary.problem(TokenizerKeys.MERGES, "is missing; expected the list of merges"));
        SpecialTokens special = new SpecialTokens(vocabulary, metadata, -1);
        TextFrame frame = frame(metadata, vocabulary, special, -1, -1, preTokenizer.addsBeginOfText());
        return new VocabularyTokenizer(
                vocabulary, special, new BytePairEncoder(vocabulary, preTokenizer, merges), frame);
    }

    private static Tokenizer sentencePiece(Metadata metadata) {
        Vocabulary vocabulary = new Vocabulary(metadata);
        SpecialTokens special = new SpecialTokens(vocabulary, metadata, 2);
        TextFrame frame = frame(metadata, vocabulary, special, 1, 2, true);
        SentencePieceEncoder encoder = new SentencePieceEncoder(
                vocabulary,
                scores(metadata, vocabulary),
                metadata.flag(TokenizerKeys.ADD_SPACE_PREFIX).orElse(true),
                vocabulary.tokenId("unknown", 0).orElse(-1));
        return new VocabularyTokenizer(vocabulary, special, encoder, frame);
    }

    private static double[] scores(Metadata metadata, Vocabulary vocabulary) {
        double[] scores = metadata.numbers(TokenizerKeys.SCORES).orElseGet(() -> new double[vocabulary.size()]);
        if (scores.length < vocabulary.size()) {
            throw vocabulary.problem(
                    TokenizerKeys.SCORES,
                    "has " + scores.length + " entries; expected one for each of the " + vocabulary.size() + " tokens");
        }
        for (int id = 0; id < scores.length; id++) {
            if (Double.isNaN(scores[id])) {
                throw vocabulary.problem(TokenizerKeys.SCORES, "is NaN at index " + id + "; expected a number");
            }
        }
        return scores;
    }

    private static TextFrame frame(
            Metadata metadata,
            Vocabulary vocabulary,
            SpecialTokens special,
            int defaultBegin,
            int defaultEnd,
            boolean defaultAddsBegin) {
        int begin = vocabulary.tokenId("bos", defaultBegin).orElse(-1);
        int end = vocabulary.tokenId("eos", defaultEnd).orElse(-1);
        boolean asksBegin = metadata.flag(TokenizerKeys.ADD_BEGIN).orElse(false);
        boolean addsEnd = metadata.flag(TokenizerKeys.ADD_END).orElse(false);
        if (asksBegin && begin < 0 || addsEnd && end < 0) {
            String role = asksBegin && begin < 0 ? "bos" : "eos";
            throw vocabulary.problem(
                    TokenizerKeys.tokenId(role), "is missing; expected a token id, because the file asks to add it");
        }
        boolean addsBegin = metadata.flag(TokenizerKeys.ADD_BEGIN).orElse(defaultAddsBegin) && begin >= 0;
        return new TextFrame(begin, end, addsBegin, addsEnd, stripping(metadata, vocabulary, special));
    }

    /**
     * The Phi-3 family was trained with white space behind role tokens removed, which the file format cannot say: the
     * reference engine goes by the model's name, and so must this one to give the same tokens.
     */
    private static Set<Integer> stripping(Metadata metadata, Vocabulary vocabulary, SpecialTokens special) {
        String name = metadata.text(TokenizerKeys.MODEL_NAME).orElse("").toLowerCase(Locale.ROOT);
        if (!name.contains("phi-3") && !name.contains("phi3")) {
            return Set.of();
        }
        Set<Integer> stripping = new HashSet<>(special.reserved().values());
        stripping.removeIf(id -> Set.of("<unk>", "<s>", "<|endoftext|>").contains(vocabulary.piece(id)));
        return Set.copyOf(stripping);
    }
}
