package io.promptmill.udf.tokenizer;

import io.promptmill.udf.weights.Metadata;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The tokens with a meaning beyond their text. Files often name only one end token, or give a control token the type of
 * ordinary text; both are made good here by the spellings that published models use, as the reference engine does.
 * Immutable and thread-safe.
 */
final class SpecialTokens {
    /** Spellings that end a completion wherever a vocabulary has them. */
    private static final Set<String> END_SPELLINGS = Set.of(
            "<|eot_id|>",
            "<|eom_id|>",
            "<|im_end|>",
            "<|end|>",
            "<|return|>",
            "<|call|>",
            "<|calls|>",
            "<|flush|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "</s>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "<eos>",
            "<turn|>",
            "<|tool_response>",
            "<end_of_utterance>",
            "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
            "[e~[");

    /** Padding and separators of fill-in-the-middle training: nothing sensible follows them. */
    private static final Set<String> FILL_END_SPELLINGS = Set.of(
            "<|fim_pad|>",
            "<fim-pad>",
            "<fim_pad>",
            "<PAD>",
            "[PAD]",
            "<|fim_repo|>",
            "<|repo_name|>",
            "<fim-repo>",
            "<REPO>",
            "<reponame>",
            "<|file_sep|>");

    /** What frames the channels of the harmony format; an answer cannot be taken apart without them. */
    private static final Set<String> HARMONY_SPELLINGS =
            Set.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

    private static final String END_OF_MESSAGE = "<|end|>";
    private static final String END_OF_SENTENCE = "</s>";

    private final Set<Integer> ends;
    private final Map<String, Integer> reserved;

    /** Finds the special tokens, and corrects the kinds in {@code vocabulary} accordingly. */
    SpecialTokens(Vocabulary vocabulary, Metadata metadata, int defaultEnd) {
        Set<Integer> found = new LinkedHashSet<>();
        vocabulary.tokenId("eos", defaultEnd).ifPresent(found::add);
        for (String role : new String[] {"eot", "eom", "fim_pad", "fim_rep", "fim_sep"}) {
            vocabulary.tokenId(role, -1).ifPresent(found::add);
        }
        Map<String, Integer> endsByText = new HashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            String piece = vocabulary.piece(id);
            boolean fillEnd =
                    FILL_END_SPELLINGS.contains(piece) && vocabulary.kind(id).isReserved();
            if (END_SPELLINGS.contains(piece) || fillEnd) {
                found.add(id);
                endsByText.put(piece, id);
                vocabulary.setKind(id, TokenKind.CONTROL);
            } else if (HARMONY_SPELLINGS.contains(piece)) {
                vocabulary.setKind(id, TokenKind.VISIBLE_CONTROL);
            }
        }
        withdrawEndOfMessage(vocabulary, endsByText, found);
        if (endsByText.containsKey("<|tool_response>") && endsByText.containsKey(END_OF_SENTENCE)) {
            found.remove(endsByText.get(END_OF_SENTENCE));
        }
        ends = Collections.unmodifiableSet(new HashSet<>(found));
        reserved = Collections.unmodifiableMap(reservedTokens(vocabulary));
    }

    /** Where a format has its own marks for the end of a turn, the end of one message goes on to the next message. */
    private static void withdrawEndOfMessage(
            Vocabulary vocabulary, Map<String, Integer> endsByText, Set<Integer> found) {
        Integer message = endsByText.get(END_OF_MESSAGE);
        boolean harmony = endsByText.containsKey("<|return|>") && endsByText.containsKey("<|call|>");
        boolean solar = endsByText.containsKey("<|calls|>") && endsByText.containsKey("<|flush|>");
        if (message != null && (harmony || solar)) {
            found.remove(message);
            vocabulary.setKind(message, TokenKind.VISIBLE_CONTROL);
        }
    }

    private static Map<String, Integer> reservedTokens(Vocabulary vocabulary) {
        Map<String, Integer> tokens = new HashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.kind(id).isReserved()) {
                tokens.put(vocabulary.piece(id), id);
            }
        }
        return tokens;
    }

    /** Tokens that end a completion. */
    Set<Integer> ends() {
        return ends;
    }

    /** Tokens that only a template may write, by their spelling. */
    Map<String, Integer> reserved() {
        return reserved;
    }
}
