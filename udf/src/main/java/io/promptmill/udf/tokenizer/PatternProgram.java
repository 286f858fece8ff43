package io.promptmill.udf.tokenizer;

import io.promptmill.udf.error.RequestException;
import java.util.Arrays;

/**
 * A regular expression as instructions for a matcher that tries alternatives in order, as Oniguruma does. What is left to
 * try lies on a stack of its own, a run of characters takes one place there however long it is, and the steps that a
 * text may take are counted: no pattern makes a text take more than a fixed time a character. Immutable, thread-safe.
 */
final class PatternProgram {
    /** Code points; two operands: the set, and where to go on is the next instruction. */
    static final int SET = 0;
    /** One code point: operand the code point. */
    static final int LITERAL = 1;
    /** As many of a set as there are: operands set, least, most; gives back where the rest does not match. */
    static final int RUN = 2;
    /** As {@link #RUN}, and gives nothing back. */
    static final int POSSESSIVE_RUN = 3;
    /**
     * Tries one instruction, then another: operands both, and the set in which the next character must be for the first
     * one to be worth it, or {@link #UNGUARDED}.
     */
    static final int SPLIT = 4;

    /** Operand: the instruction to go on with. */
    static final int JUMP = 5;
    /** Looks ahead: operands program, 1 where it must match and 0 where it must not. */
    static final int LOOK_AHEAD = 6;
    /** Looks at the character behind: operands set, 1 where it must be in and 0 where it must not. */
    static final int LOOK_BEHIND = 7;
    /** A part that, once matched, is not matched otherwise: operand program. */
    static final int ATOMIC = 8;

    static final int LINE_START = 9;
    static final int LINE_END = 10;
    static final int TEXT_START = 11;
    static final int TEXT_END = 12;
    /** Operand 1: a boundary of a word; 0: none. */
    static final int BOUNDARY = 13;

    static final int MATCH = 14;

    static final int UNGUARDED = -1;

    /** Numbers that an instruction takes: the operation and three operands. */
    private static final int WIDTH = 4;

    private static final int NO_MATCH = -1;
    private static final long STEPS = 1 << 16;
    private static final long STEPS_PER_CHARACTER = 1_000;

    private final String source;
    /** What every match begins with; null where a match may be empty. */
    private final CharacterSet first;
    /** {@link #WIDTH} numbers for each instruction. */
    private final int[] code;

    private final CharacterSet[] sets;
    private final PatternProgram[] parts;

    PatternProgram(String source, CharacterSet first, int[] code, CharacterSet[] sets, PatternProgram[] parts) {
        this.source = source;
        this.first = first;
        this.code = code;
        this.sets = sets;
        this.parts = parts;
    }

    /**
     * Appends first and end of every match within {@code [start, end)}, from left to right; text outside does not exist
     * for the pattern. A match may be empty.
     *
     * @throws RequestException where it takes too many steps
     */
    void find(CodePoints text, int start, int end, IntList matches) {
        Run run = new Run(text, start, end);
        int lastEnd = NO_MATCH;
        int position = start;
        while (position <= end) {
            if (first != null && (position == end || !first.contains(text.at(position)))) {
                position++;
                continue;
            }
            int match = match(run, position, 0);
            if (match == NO_MATCH || match == position && match == lastEnd) {
                position++;
                continue;
            }
            matches.add(position);
            matches.add(match);
            lastEnd = match;
            position = match == position ? position + 1 : match;
        }
    }

    private int match(Run run, int from, int base) {
        int top = base;
        int instruction = 0;
        int position = from;
        while (true) {
            run.step(1);
            int at = instruction * WIDTH;
            int operation = code[at];
            int next = instruction + 1;
            boolean matches = true;
            switch (operation) {
                case SET -> {
                    matches = position < run.end && sets[code[at + 1]].contains(run.text.at(position));
                    position++;
                }
                case LITERAL -> {
                    matches = position < run.end && run.text.at(position) == code[at + 1];
                    position++;
                }
                case RUN, POSSESSIVE_RUN -> {
                    int least = position + code[at + 2];
                    int reached = run.runEnd(sets[code[at + 1]], position, code[at + 3]);
                    matches = reached >= least;
                    if (matches && reached > least && operation == RUN) {
                        top = run.push(top, next, least, reached - 1);
                    }
                    position = reached;
                }
                case SPLIT -> {
                    boolean worthwhile = code[at + 3] == UNGUARDED
                            || position < run.end && sets[code[at + 3]].contains(run.text.at(position));
                    if (worthwhile) {
                        top = run.push(top, code[at + 2], position, position);
                    }
                    next = worthwhile ? code[at + 1] : code[at + 2];
                }
                case JUMP -> next = code[at + 1];
                case LOOK_AHEAD ->
                    matches = parts[code[at + 1]].match(run, position, top) != NO_MATCH == (code[at + 2] == 1);
                case LOOK_BEHIND ->
                    matches = (position > run.start && sets[code[at + 1]].contains(run.text.at(position - 1)))
                            == (code[at + 2] == 1);
                case ATOMIC -> {
                    position = parts[code[at + 1]].match(run, position, top);
                    matches = position != NO_MATCH;
                }
                case LINE_START -> matches = position == run.start || run.text.at(position - 1) == '\n';
                case LINE_END -> matches = position == run.end || run.text.at(position) == '\n';
                case TEXT_START -> matches = position == run.start;
                case TEXT_END -> matches = position == run.end;
                case BOUNDARY -> matches = (run.isWord(position - 1) != run.isWord(position)) == (code[at + 1] == 1);
                default -> {
                    return position;
                }
            }
            if (matches) {
                instruction = next;
                continue;
            }
            if (top == base) {
                return NO_MATCH;
            }
            // The topmost choice: an instruction, the position to try and, below it, the last one that may be tried.
            int choice = top - 3;
            instruction = run.stack[choice];
            position = run.stack[choice + 2];
            if (position > run.stack[choice + 1]) {
                run.stack[choice + 2]--;
            } else {
                top = choice;
            }
        }
    }

    /** The state of one search. */
    private final class Run {
        private final CodePoints text;
        private final int start;
        private final int end;
        private long steps;
        private int[] stack = new int[48];

        Run(CodePoints text, int start, int end) {
            this.text = text;
            this.start = start;
            this.end = end;
            steps = STEPS + STEPS_PER_CHARACTER * (end - start);
        }

        void step(int count) {
            steps -= count;
            if (steps < 0) {
                throw new RequestException("a part of the prompt of " + (end - start)
                        + " characters takes the tokenizer's pattern '" + Vocabulary.shortened(source)
                        + "' more than " + STEPS_PER_CHARACTER + " steps a character; shorten or change it");
            }
        }

        int push(int top, int instruction, int least, int position) {
            if (top + 3 > stack.length) {
                stack = Arrays.copyOf(stack, Math.addExact(stack.length, stack.length));
            }
            stack[top] = instruction;
            stack[top + 1] = least;
            stack[top + 2] = position;
            return top + 3;
        }

        int runEnd(CharacterSet set, int position, int most) {
            int limit = most < end - position ? position + most : end;
            int next = position;
            while (next < limit && set.contains(text.at(next))) {
                next++;
            }
            step(next - position);
            return next;
        }

        boolean isWord(int position) {
            return position >= start && position < end && CharacterSet.WORD.test(text.at(position));
        }
    }
}
