package io.promptmill.udf.prompt;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.tokenizer.SpellingTrie;
import java.util.BitSet;
import java.util.Collection;
import java.util.Set;

/**
 * Keeps control tokens out of users' hands: wherever a user's text spells one, a shield character is put behind its
 * first character. The tokenizer recognises control tokens in a rendered template and then removes the shields, so the
 * model sees the user's text as it was, as text. Letters match in either case, since templates change case; text that
 * begins or ends with a part of a control token is shielded at that edge too, since a template may supply the rest.
 * The memory is linear in the length of the control tokens. Immutable and thread-safe.
 */
public final class ControlTokenShield {
    /** Unicode noncharacters: never assigned, free for use within a program. */
    private static final char FIRST_SHIELD = '\ufdd0';

    private static final char LAST_SHIELD = '\ufdef';

    private final SpellingTrie forwards = new SpellingTrie();
    private final SpellingTrie backwards = new SpellingTrie();
    /** Nodes of {@code forwards} that are whole tokens. */
    private final BitSet tokens = new BitSet();

    private final BitSet firsts = new BitSet();
    private final int longest;

    /**
     * @param controlTokens as the vocabulary spells them
     */
    public ControlTokenShield(Set<String> controlTokens) {
        int length = 0;
        for (String spelling : controlTokens) {
            if (spelling.isEmpty()) {
                continue;
            }
            String token = fold(spelling);
            tokens.set(forwards.add(token));
            backwards.add(backwards(token));
            firsts.set(token.charAt(0));
            length = Math.max(length, token.length());
        }
        longest = length;
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
        boolean before = beginsAsATokenEnds(folded);
        boolean after = endsAsATokenBegins(folded);
        return before || after ? (before ? shield : "") + broken + (after ? shield : "") : broken;
    }

    private boolean beginsAsATokenEnds(String folded) {
        for (int length = Math.min(longest - 1, folded.length()); length > 0; length--) {
            int node = SpellingTrie.ROOT;
            for (int i = length - 1; i >= 0 && node != SpellingTrie.ABSENT; i--) {
                node = backwards.child(node, folded.charAt(i));
            }
            if (node != SpellingTrie.ABSENT) {
                return true;
            }
        }
        return false;
    }

    private boolean endsAsATokenBegins(String folded) {
        for (int start = Math.max(0, folded.length() - longest + 1); start < folded.length(); start++) {
            int node = SpellingTrie.ROOT;
            for (int i = start; i < folded.length() && node != SpellingTrie.ABSENT; i++) {
                node = forwards.child(node, folded.charAt(i));
            }
            if (node != SpellingTrie.ABSENT) {
                return true;
            }
        }
        return false;
    }

    /** Whether the shortest token that is spelled there has a place for a shield. */
    private boolean spellsToken(String folded, int at) {
        int node = SpellingTrie.ROOT;
        for (int end = at; end < folded.length() && node != SpellingTrie.ABSENT; end++) {
            node = forwards.child(node, folded.charAt(end));
            if (node != SpellingTrie.ABSENT && tokens.get(node)) {
                if (folded.codePointCount(at, end + 1) == 1) {
                    throw new RequestException("the prompt contains '" + folded.substring(at, end + 1)
                            + "', which this model uses as a control token; remove it from the text");
                }
                return true;
            }
        }
        return false;
    }

    /** Unit by unit: a surrogate pair must not come out in its own order. */
    private static String backwards(String text) {
        char[] units = new char[text.length()];
        for (int i = 0; i < units.length; i++) {
            units[i] = text.charAt(units.length - 1 - i);
        }
        return new String(units);
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
