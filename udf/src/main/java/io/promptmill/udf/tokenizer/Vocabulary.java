package io.promptmill.udf.tokenizer;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.weights.Metadata;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The checked token list of a model file. Immutable and thread-safe once built. */
final class Vocabulary {
    /** Far above any real token (the longest known are runs of 1,024 spaces); keeps hostile lists from costing time. */
    private static final int MAXIMUM_TOKEN_LENGTH = 4096;

    /** Known ones have up to 40; every place of a prompt is compared with all of them. */
    private static final int MAXIMUM_CONTROL_LENGTH = 256;

    private final Metadata metadata;
    private final String[] pieces;
    private final TokenKind[] kinds;

    /**
     * @throws ModelFileException if a list is missing, too short, or holds what no vocabulary holds
     */
    Vocabulary(Metadata metadata) {
        this.metadata = metadata;
        String[] tokens = metadata.texts(TokenizerKeys.TOKENS)
                .orElseThrow(() -> problem(TokenizerKeys.TOKENS, "is missing; expected the list of tokens"));
        if (tokens.length == 0) {
            throw problem(TokenizerKeys.TOKENS, "is empty; expected at least one token");
        }
        pieces = tokens.clone();
        kinds = new TokenKind[pieces.length];
        Arrays.fill(kinds, TokenKind.NORMAL);
        metadata.integers(TokenizerKeys.TYPES).ifPresent(this::readKinds);
        for (int id = 0; id < pieces.length; id++) {
            boolean control = kinds[id].isReserved();
            int maximum = control ? MAXIMUM_CONTROL_LENGTH : MAXIMUM_TOKEN_LENGTH;
            if (pieces[id].length() > maximum) {
                throw problem(
                        TokenizerKeys.TOKENS,
                        "has a " + (control ? "control token" : "token") + " of " + pieces[id].length()
                                + " characters at index " + id + "; expected at most " + maximum);
            }
            if (pieces[id].isEmpty()) {
                pieces[id] = "[EMPTY_" + id + "]";
                kinds[id] = TokenKind.UNUSED;
            }
        }
    }

    private void readKinds(long[] types) {
        if (types.length < pieces.length) {
            throw problem(
                    TokenizerKeys.TYPES,
                    "has " + types.length + " entries; expected one for each of the " + pieces.length + " tokens");
        }
        for (int id = 0; id < pieces.length; id++) {
            kinds[id] = TokenKind.of(types[id]);
        }
    }

    int size() {
        return pieces.length;
    }

    String piece(int token) {
        return pieces[token];
    }

    TokenKind kind(int token) {
        return kinds[token];
    }

    /** Only for {@link SpecialTokens}, before the vocabulary is shared. */
    void setKind(int token, TokenKind kind) {
        kinds[token] = kind;
    }

    /** Ids of the tokens that a user's text may become, by their spelling; of two alike the later one counts. */
    Map<String, Integer> textTokens() {
        Map<String, Integer> ids = new HashMap<>(pieces.length * 2);
        for (int id = 0; id < pieces.length; id++) {
            if (!kinds[id].isReserved()) {
                ids.put(pieces[id], id);
            }
        }
        return ids;
    }

    /** The token id that the file gives for a role; {@code fallback}, if it is a token, where it gives none. */
    OptionalInt tokenId(String role, int fallback) {
        String key = TokenizerKeys.tokenId(role);
        if (metadata.has(key)) {
            return OptionalInt.of(metadata.requireInteger(key, 0, pieces.length - 1));
        }
        return fallback >= 0 && fallback < pieces.length ? OptionalInt.of(fallback) : OptionalInt.empty();
    }

    /** The value of a byte token. */
    int byteValue(int token) {
        String piece = pieces[token];
        int value = byteValue(piece);
        if (value >= 0) {
            return value;
        }
        throw problem(
                TokenizerKeys.TOKENS,
                "has '" + shortened(piece) + "' at index " + token
                        + ", a byte token by its type; expected the form <0xHH>");
    }

    /** The value of a byte that is spelled {@code <0xHH>}; -1 for other spellings. */
    static int byteValue(String piece) {
        if (piece.length() == 6 && piece.startsWith("<0x") && piece.endsWith(">")) {
            int high = Character.digit(piece.charAt(3), 16);
            int low = Character.digit(piece.charAt(4), 16);
            return high >= 0 && low >= 0 ? high << 4 | low : -1;
        }
        return -1;
    }

    ModelFileException problem(String key, String what) {
        return new ModelFileException(metadata.source() + ": key '" + key + "' " + what
                + ". The file is damaged; download it again or convert the model anew");
    }

    static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
