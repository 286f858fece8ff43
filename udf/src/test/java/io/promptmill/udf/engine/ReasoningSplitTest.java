package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReasoningSplitTest {
    private static final ReasoningSpec SPEC = new ReasoningSpec("<think>", "</think>", 0);

    /** The same text in pieces of every length. */
    private static void check(String text, boolean begun, String thought, String answer) {
        for (int length = 1; length <= text.length() + 1; length++) {
            ReasoningSplit split = new ReasoningSplit(SPEC, begun);
            StringBuilder answered = new StringBuilder();
            for (int i = 0; i < text.length(); i += length) {
                answered.append(split.accept(text.substring(i, Math.min(text.length(), i + length))));
            }
            answered.append(split.finish());
            assertEquals(answer, answered.toString(), "pieces of " + length);
            assertEquals(thought, split.thought(), "pieces of " + length);
        }
    }

    @Test
    void thinkingIsToldFromTheAnswer() {
        check("<think>\nTwo and two.\n</think>\n\nFour.", false, "Two and two.", "Four.");
        check(" \n<think></think>Four. ", false, "", "Four. ");
        check(
                "Two and two.</think> Four <think> again </think>.",
                true,
                "Two and two.",
                "Four <think> again </think>.");
        check("<think>It does not end </thin", false, "It does not end </thin", "");
    }

    @Test
    void aModelThatDoesNotThinkAnswersAtOnce() {
        check("Four.", false, null, "Four.");
        check(" <thin", false, null, " <thin");
        check("<thing>", false, null, "<thing>");
        check("", false, null, "");
        assertNull(new ReasoningSplit(null, false).thought());
        assertEquals("<think>a</think>", new ReasoningSplit(null, false).accept("<think>a</think>"));
    }

    @Test
    void theAnswerBeginsBehindTheEndMark() {
        ReasoningSplit split = new ReasoningSplit(SPEC, false);
        split.accept("<think>a");
        assertTrue(split.isThinking());
        split.accept("</think>");
        assertTrue(split.isAnswer());
        assertFalse(split.isThinking());
    }
}
