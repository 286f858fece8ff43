package io.promptmill.udf.prompt;

import io.promptmill.udf.error.RequestException;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps control tokens out of users' hands: wherever a user's text spells one, a shield character is put behind its
 * first character. The tokenizer recognises control tokens in a rendered template and then removes the shields, so the
 * model sees the user's text as it was, as text. Letters match in either case, since templates change case; text that
 * begins or ends with a part of a control token is shielded at that edge too, since a template may supply the rest.
 * Immutable and thread-safe.
 */
public final class ControlTokenShield {
    /** Unicode noncharacters: never assigned, free for use within a program. */
    private static final char FIRST_SHIELD = '\ufdd0';

    private static final char LAST_SHIELD = '\ufdef';

    private final Set<String> tokens = new HashSet<>();
    private final Set<String> starts = new HashSet<>();
    private final Set<String> ends = new HashSet<>();
    private final BitSet firsts = new BitSet();
    private final int[] lengths;
    private final int longest;

    /**
     * @param controlTokens as the vocabulary spells them
     */
    public ControlTokenShield(Set<String> controlTokens) {
        for (String spelling : controlTokens) {
            if (spelling.isEmpty()) {
                continue;
            }
            String token = fold(spelling);
            tokens.add(token);
            firsts.set(token.charAt(0));
            for (int cut = 1; cut < token.length(); cut++) {
                starts.add(token.substring(0, cut));
                ends.add(token.substring(cut));
            }
        }
        lengths = tokens.stream().mapToInt(String::length).distinct().sorted().toArray();
        longest = lengths.length == 0 ? 0 : lengths[lengths.length - 1];
    }

    /**
     * A character that none of the texts contains.
     *
     * @throws RequestException where the texts contain all 32 of them
     */
    public static char choose(Collection<String> texts) {
        for (char candidate = FIRST_SHIELD; candidate <= LAST_SHIELD; candidate++) {
            char shield = candidate;
            if (texts.stream().noneMatch(text -> text.indexOf(shield) >= 0)) {
                return shield;
            }
        }
        throw new RequestException(
                "the prompt contains every noncharacter from U+FDD0 to U+FDEF, one of which is needed to keep control"
                        + " tokens apart; remove them from the text");
    }

    /**
     * The text with every look-alike of a control token broken; the same text where it has none.
     *
     * @throws RequestException for a control token of a single character, which cannot be broken
     */
    public String apply(String text, char shield) {
        String folded = fold(text);
        StringBuilder result = null;
        int copied = 0;
        for (int i = 0; i < folded.length(); i++) {
            if (firsts.get(folded.charAt(i)) && spellsToken(folded, i)) {
                if (result == null) {
                    result = new StringBuilder(text.length() + 16);
                }
                int behind = text.offsetByCodePoints(i, 1);
                result.append(text, copied, behind).append(shield);
                copied = behind;
            }
        }
        String broken = result == null
                ? text
                : result.append(text, copied, text.length()).toString();
        boolean before = false;
        boolean after = false;
        for (int length = 1; length < Math.min(longest, folded.length() + 1); length++) {
            before |= ends.contains(folded.substring(0, length));
            after |= starts.contains(folded.substring(folded.length() - length));
        }
        return before || after ? (before ? shield : "") + broken + (after ? shield : "") : broken;
    }

    private boolean spellsToken(String folded, int at) {
        for (int length : lengths) {
            if (at + length > folded.length()) {
                return false;
            }
            String part = folded.substring(at, at + length);
            if (tokens.contains(part)) {
                if (part.codePointCount(0, length) == 1) {
                    throw new RequestException("the prompt contains '" + part
                            + "', which this model uses as a control token; remove it from the text");
                }
                return true;
            }
        }
        return false;
    }

    /** Letters in one case, character by character, so that positions stay. */
    private static String fold(String text) {
        char[] characters = text.toCharArray();
        for (int i = 0; i < characters.length; i++) {
            characters[i] = Character.toLowerCase(Character.toUpperCase(characters[i]));
        }
        return new String(characters);
    }
}
