package io.promptmill.udf.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns a parsed regular expression into a {@link PatternProgram}. Not thread-safe. */
final class PatternCompiler {
    private static final int MAXIMUM_INSTRUCTIONS = 4096;
    /** A set takes 8 KiB. */
    private static final int MAXIMUM_SETS = 256;

    private final String source;
    private final Map<String, CharacterSet> known;
    private final List<int[]> code = new ArrayList<>();
    private final List<CharacterSet> sets = new ArrayList<>();
    private final List<PatternProgram> parts = new ArrayList<>();

    private PatternCompiler(String source, Map<String, CharacterSet> known) {
        this.source = source;
        this.known = known;
    }

    /**
     * The pattern {@code source}.
     *
     * @throws IllegalArgumentException with what cannot be understood, and where
     */
    static PatternProgram compile(String source) {
        return new PatternCompiler(source, new HashMap<>()).program(PatternParser.parse(source));
    }

    /** A pattern that matches these characters and no others. */
    static PatternProgram literal(String characters) {
        List<PatternNode> parts = new ArrayList<>();
        characters.codePoints().forEach(codePoint -> parts.add(new PatternNode.Literal(codePoint)));
        return new PatternCompiler(characters, new HashMap<>()).program(new PatternNode.Sequence(parts));
    }

    private PatternProgram program(PatternNode node) {
        emit(node);
        add(PatternProgram.MATCH, 0, 0, 0);
        return new PatternProgram(
                source,
                node.mayBeEmpty() ? null : new CharacterSet(node.first()),
                code.stream().flatMapToInt(Arrays::stream).toArray(),
                sets.toArray(CharacterSet[]::new),
                parts.toArray(PatternProgram[]::new));
    }

    private void emit(PatternNode node) {
        if (node instanceof PatternNode.Literal literal) {
            add(PatternProgram.LITERAL, literal.codePoint(), 0, 0);
        } else if (node instanceof PatternNode.Characters characters) {
            add(PatternProgram.SET, set(characters), 0, 0);
        } else if (node instanceof PatternNode.Sequence sequence) {
            sequence.parts().forEach(this::emit);
        } else if (node instanceof PatternNode.Choice choice) {
            emitChoice(choice.alternatives());
        } else if (node instanceof PatternNode.Repetition repetition) {
            emitRepetition(repetition);
        } else if (node instanceof PatternNode.LookAhead look) {
            add(PatternProgram.LOOK_AHEAD, part(look.part()), look.wanted() ? 1 : 0, 0);
        } else if (node instanceof PatternNode.LookBehind look) {
            add(PatternProgram.LOOK_BEHIND, set(look.set()), look.wanted() ? 1 : 0, 0);
        } else if (node instanceof PatternNode.Atomic atomic) {
            add(PatternProgram.ATOMIC, part(atomic.part()), 0, 0);
        } else if (node instanceof PatternNode.Place place) {
            add(place.operation(), place.operand(), 0, 0);
        }
    }

    private void emitChoice(List<PatternNode> alternatives) {
        List<int[]> jumps = new ArrayList<>();
        for (int index = 0; index < alternatives.size(); index++) {
            PatternNode alternative = alternatives.get(index);
            int[] split = index + 1 < alternatives.size()
                    ? add(PatternProgram.SPLIT, code.size() + 1, 0, guard(alternative))
                    : null;
            emit(alternative);
            if (split != null) {
                jumps.add(add(PatternProgram.JUMP, 0, 0, 0));
                split[2] = code.size();
            }
        }
        jumps.forEach(jump -> jump[1] = code.size());
    }

    /** The set without which an alternative need not be tried. */
    private int guard(PatternNode alternative) {
        if (alternative.mayBeEmpty()) {
            return PatternProgram.UNGUARDED;
        }
        return set(new PatternNode.Characters("first " + known.size(), alternative.first()));
    }

    private void emitRepetition(PatternNode.Repetition repetition) {
        PatternNode.Greed greed = repetition.greed();
        if (repetition.part() instanceof PatternNode.Characters characters && greed != PatternNode.Greed.LAZY) {
            boolean greedy = greed == PatternNode.Greed.GREEDY;
            add(
                    greedy ? PatternProgram.RUN : PatternProgram.POSSESSIVE_RUN,
                    set(characters),
                    repetition.least(),
                    repetition.most());
            return;
        }
        if (greed == PatternNode.Greed.POSSESSIVE) {
            emit(new PatternNode.Atomic(new PatternNode.Repetition(
                    repetition.part(), repetition.least(), repetition.most(), PatternNode.Greed.GREEDY)));
            return;
        }
        boolean lazy = greed == PatternNode.Greed.LAZY;
        for (int count = 0; count < repetition.least(); count++) {
            emit(repetition.part());
        }
        if (repetition.most() == Integer.MAX_VALUE) {
            int loop = code.size();
            int[] split = add(PatternProgram.SPLIT, 0, 0, PatternProgram.UNGUARDED);
            emit(repetition.part());
            add(PatternProgram.JUMP, loop, 0, 0);
            aim(split, loop + 1, code.size(), lazy);
            return;
        }
        List<int[]> splits = new ArrayList<>();
        for (int count = repetition.least(); count < repetition.most(); count++) {
            splits.add(add(PatternProgram.SPLIT, code.size() + 1, 0, PatternProgram.UNGUARDED));
            emit(repetition.part());
        }
        splits.forEach(split -> aim(split, split[1], code.size(), lazy));
    }

    private static void aim(int[] split, int more, int done, boolean lazy) {
        split[1] = lazy ? done : more;
        split[2] = lazy ? more : done;
    }

    private int part(PatternNode node) {
        PatternCompiler compiler = new PatternCompiler(source, known);
        parts.add(compiler.program(node));
        return parts.size() - 1;
    }

    private int set(PatternNode.Characters characters) {
        CharacterSet set = known.computeIfAbsent(characters.source(), key -> new CharacterSet(characters.members()));
        if (known.size() > MAXIMUM_SETS) {
            throw new IllegalArgumentException("more than " + MAXIMUM_SETS + " sets of characters");
        }
        int index = sets.indexOf(set);
        if (index < 0) {
            sets.add(set);
            index = sets.size() - 1;
        }
        return index;
    }

    private int[] add(int operation, int first, int second, int third) {
        if (code.size() >= MAXIMUM_INSTRUCTIONS) {
            throw new IllegalArgumentException("more than " + MAXIMUM_INSTRUCTIONS + " steps");
        }
        int[] instruction = {operation, first, second, third};
        code.add(instruction);
        return instruction;
    }
}
