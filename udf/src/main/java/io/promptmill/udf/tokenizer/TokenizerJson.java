package io.promptmill.udf.tokenizer;

import io.promptmill.udf.weights.Metadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the {@code tokenizer.json} of Hugging Face's tokenizers library, with the files beside it: tokenizer_config.json,
 * special_tokens_map.json, generation_config.json, config.json, chat_template.jinja. Gives the token ids that the library
 * gives, with two differences: text that looks like a control token stays text, and dropout is left out.
 */
public final class TokenizerJson {
    private static final long NORMAL = TokenKind.NORMAL.ordinal();
    private static final long UNKNOWN = TokenKind.UNKNOWN.ordinal();
    private static final long CONTROL = TokenKind.CONTROL.ordinal();
    private static final long USER_DEFINED = TokenKind.USER_DEFINED.ordinal();

    /** Ids that a vocabulary may leave out beyond as many as it has. */
    private static final int SPARE_IDS = 1 << 16;

    /** Characters of all added tokens that are searched in normalized text. */
    private static final int MAXIMUM_NORMALIZED = 1 << 18;

    private final TokenizerFile file;
    private final Path path;
    private final List<AddedToken> added = new ArrayList<>();
    private final String[] pieces;
    private final long[] kinds;

    private TokenizerJson(Path path) {
        this.path = path;
        file = TokenizerFile.read(path);
        List<JsonPlace> places = file.root().at("added_tokens").elements();
        int maximumId = 2 * (file.size() + places.size()) + SPARE_IDS;
        int size = 0;
        for (int entry = 0; entry < file.size(); entry++) {
            if (file.id(entry) > maximumId) {
                throw JsonPlace.absent(path, TokenizerFile.VOCABULARY)
                        .problem("has the token id " + file.id(entry) + " among " + file.size()
                                + " tokens; expected at most " + maximumId);
            }
            size = Math.max(size, file.id(entry) + 1);
        }
        Map<String, Integer> known = new HashMap<>();
        for (int entry = 0; entry < file.size(); entry++) {
            known.put(file.piece(entry), file.id(entry));
        }
        for (JsonPlace place : places) {
            AddedToken token = AddedToken.read(place, maximumId, known);
            added.add(token);
            size = Math.max(size, token.id() + 1);
        }
        if (size == 0) {
            throw JsonPlace.absent(path, TokenizerFile.VOCABULARY).problem("has no tokens; expected at least one");
        }
        pieces = new String[size];
        kinds = new long[size];
        fillPieces();
    }

    private void fillPieces() {
        Arrays.fill(pieces, "");
        Arrays.fill(kinds, NORMAL);
        for (int entry = 0; entry < file.size(); entry++) {
            pieces[file.id(entry)] = file.piece(entry);
        }
        int unknown = WordEncoderReader.unknown(file);
        if (unknown >= 0) {
            kinds[unknown] = UNKNOWN;
        }
        for (AddedToken token : added) {
            pieces[token.id()] = token.content();
            kinds[token.id()] = token.special() ? CONTROL : USER_DEFINED;
        }
    }

    /**
     * The tokenizer that a file describes.
     *
     * @throws io.promptmill.udf.error.ModelFileException where it is missing, damaged, or asks for what is not supported;
     *     the message has the place as a JSON pointer
     */
    public static ModelTokenizer read(Path tokenizerJson) {
        return new TokenizerJson(tokenizerJson).tokenizer();
    }

    private ModelTokenizer tokenizer() {
        Map<String, Integer> ids = new HashMap<>(pieces.length * 2);
        for (int id = 0; id < pieces.length; id++) {
            ids.put(pieces[id], id);
        }
        TokenizerSettings settings = TokenizerSettings.read(path, ids);
        Metadata metadata = metadata(settings);
        Vocabulary vocabulary = new Vocabulary(metadata);
        SpecialTokens special = new SpecialTokens(vocabulary, metadata, -1);
        Set<Integer> ends = new HashSet<>(settings.ends());
        ends.addAll(special.ends());
        JsonPlace root = file.root();
        PipelineFrame frame = PipelineFrame.read(root.at("post_processor"), settings, pieces.length);
        Tokenizer tokenizer = new PipelineTokenizer(
                vocabulary, special.reserved(), Set.copyOf(ends), steps(vocabulary, special), frame);
        return new ModelTokenizer(
                tokenizer,
                "tokenizer.json (" + WordEncoderReader.type(file) + ")",
                settings.chatTemplate(),
                spelling(frame.begin()),
                spelling(settings.end()));
    }

    private Optional<String> spelling(int token) {
        return token < 0 ? Optional.empty() : Optional.of(pieces[token]);
    }

    /** The vocabulary as a model file would have it. */
    private Metadata metadata(TokenizerSettings settings) {
        Map<String, Object> values = new HashMap<>();
        values.put(TokenizerKeys.TOKENS, pieces);
        values.put(TokenizerKeys.TYPES, kinds);
        if (settings.end() >= 0) {
            values.put(TokenizerKeys.tokenId("eos"), (long) settings.end());
        }
        return new Metadata(path.toString(), values);
    }

    private PipelineTokenizer.Steps steps(Vocabulary vocabulary, SpecialTokens special) {
        JsonPlace root = file.root();
        TextNormalizer normalizer = NormalizerReader.read(root.at("normalizer"));
        AddedTokens inTemplate = new AddedTokens();
        AddedTokens inText = new AddedTokens();
        AddedTokens inNormalized = new AddedTokens();
        int normalizedLength = 0;
        special.reserved().forEach((spelling, id) -> inTemplate.add(spelling, AddedToken.plain(id, spelling)));
        for (AddedToken token : added) {
            if (vocabulary.kind(token.id()).isReserved()) {
                inTemplate.add(token.content(), token);
            } else if (token.normalized()) {
                normalizedLength += token.content().length();
                if (normalizedLength > MAXIMUM_NORMALIZED) {
                    throw root.at("added_tokens")
                            .problem("has tokens to be normalized of more than " + MAXIMUM_NORMALIZED
                                    + " characters together");
                }
                inNormalized.add(normalizer.normalize(token.content()), token);
            } else {
                inTemplate.add(token.content(), token);
                inText.add(token.content(), token);
            }
        }
        return new PipelineTokenizer.Steps(
                inTemplate,
                inText,
                inNormalized,
                normalizer,
                SplitterReader.read(root.at("pre_tokenizer")),
                WordEncoderReader.read(file, vocabulary),
                DecoderReader.read(root.at("decoder")));
    }
}
