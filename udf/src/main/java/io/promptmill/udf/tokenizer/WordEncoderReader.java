package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Makes the model of a tokenizer.json: what turns words into token ids. */
final class WordEncoderReader {
    private static final int MOST_CHARACTERS = 100;

    private final TokenizerFile file;
    private final Vocabulary vocabulary;
    private final Map<String, Integer> tokens = new HashMap<>();

    private WordEncoderReader(TokenizerFile file, Vocabulary vocabulary) {
        this.file = file;
        this.vocabulary = vocabulary;
        for (int entry = 0; entry < file.size(); entry++) {
            // What only a template may write is never made of text.
            if (!vocabulary.kind(file.id(entry)).isReserved()) {
                tokens.put(file.piece(entry), file.id(entry));
            }
        }
    }

    /**
     * @throws io.promptmill.udf.error.ModelFileException for one that is unknown or damaged
     */
    static WordEncoder read(TokenizerFile file, Vocabulary vocabulary) {
        WordEncoderReader reader = new WordEncoderReader(file, vocabulary);
        return new CachedWordEncoder(
                switch (type(file)) {
                    case "BPE" -> reader.bytePair();
                    case "Unigram" -> reader.unigram();
                    case "WordPiece" -> reader.wordPiece();
                    case "WordLevel" -> reader.wordLevel();
                    default ->
                        throw file.model()
                                .at("type")
                                .problem("is '" + Vocabulary.shortened(type(file))
                                        + "'; expected BPE, Unigram, WordPiece or WordLevel");
                });
    }

    /** The kind of model; files of before 2020 do not name it. */
    static String type(TokenizerFile file) {
        JsonPlace type = file.model().at("type");
        if (!type.isAbsent()) {
            return type.text();
        }
        if (file.hasScores()) {
            return "Unigram";
        }
        if (file.merges() > 0) {
            return "BPE";
        }
        return file.model().at("continuing_subword_prefix").isAbsent() ? "WordLevel" : "WordPiece";
    }

    /** The id of the unknown token that the model names, -1 where it names none. */
    static int unknown(TokenizerFile file) {
        JsonPlace id = file.model().at("unk_id");
        if (!id.isAbsent()) {
            return id.integer(0, file.size() - 1);
        }
        JsonPlace spelling = file.model().at("unk_token");
        if (spelling.isAbsent()) {
            return -1;
        }
        String wanted = spelling.text();
        for (int entry = 0; entry < file.size(); entry++) {
            if (file.piece(entry).equals(wanted)) {
                return file.id(entry);
            }
        }
        throw spelling.problem("is '" + Vocabulary.shortened(wanted) + "', which is not in the vocabulary");
    }

    private int requireUnknown(String key) {
        int unknown = unknown(file);
        if (unknown < 0) {
            throw file.model().at(key).problem("is missing; expected the token for unknown text");
        }
        return unknown;
    }

    private WordEncoder bytePair() {
        JsonPlace model = file.model();
        return new BytePairWordEncoder(
                tokens,
                file,
                new BytePairWordEncoder.Options(
                        model.at("continuing_subword_prefix").textOr("", MOST_CHARACTERS),
                        model.at("end_of_word_suffix").textOr("", MOST_CHARACTERS),
                        unknown(file),
                        model.at("fuse_unk").flagOr(false),
                        byteTokens(),
                        model.at("ignore_merges").flagOr(false)));
    }

    private WordEncoder unigram() {
        if (!file.hasScores()) {
            throw JsonPlace.absent(file.root().file(), TokenizerFile.VOCABULARY)
                    .problem("is no array; expected tokens with their scores");
        }
        double[] scores = new double[vocabulary.size()];
        double lowest = Double.POSITIVE_INFINITY;
        for (int entry = 0; entry < file.size(); entry++) {
            scores[file.id(entry)] = file.score(entry);
            lowest = Math.min(lowest, file.score(entry));
        }
        for (String piece : tokens.keySet()) {
            if (piece.length() > UnigramEncoder.MAXIMUM_PIECE_LENGTH) {
                throw JsonPlace.absent(file.root().file(), TokenizerFile.VOCABULARY + "/" + tokens.get(piece))
                        .problem("has " + piece.length() + " characters; expected at most "
                                + UnigramEncoder.MAXIMUM_PIECE_LENGTH);
            }
        }
        return new UnigramEncoder(tokens, scores, lowest, requireUnknown("unk_id"), byteTokens());
    }

    /** The tokens of the form {@code <0xHH>} by their byte; null where the model does not use them. */
    private int[] byteTokens() {
        if (!file.model().at("byte_fallback").flagOr(false)) {
            return null;
        }
        int[] ids = new int[256];
        Arrays.setAll(ids, value -> tokens.getOrDefault(String.format("<0x%02X>", value), -1));
        return ids;
    }

    private WordEncoder wordPiece() {
        return new WordPieceEncoder(
                tokens,
                file.model().at("continuing_subword_prefix").textOr("##", MOST_CHARACTERS),
                requireUnknown("unk_token"),
                file.model().at("max_input_chars_per_word").integerOr(MOST_CHARACTERS, 0, Integer.MAX_VALUE));
    }

    private WordEncoder wordLevel() {
        int unknown = requireUnknown("unk_token");
        return (text, start, end, ids) -> ids.add(tokens.getOrDefault(text.text(start, end), unknown));
    }
}
