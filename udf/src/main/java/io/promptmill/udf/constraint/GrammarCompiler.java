package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.apache.lucene.util.automaton.Transition;

/**
 * Makes the rules of a grammar automata that call one another. Small rules that are not recursive are copied to where they
 * are needed. Not thread-safe.
 */
final class GrammarCompiler {
    /** Rules of that many states are copied; larger ones keep masks of their own, which all their callers share. */
    private static final int COPIED_STATES = 8;

    private static final int MAXIMUM_STATES = 500_000;

    private final Grammar grammar;
    private final SpelledCharacters characters;
    private final CalledRules rules = new CalledRules();
    private final PieceCombiner combiner;
    private final RepetitionBuilder repetitions;
    private final EmptyTexts empty;
    private final Map<String, Piece> references = new HashMap<>();
    private final Map<IntBuffer, Piece> leaves = new HashMap<>();
    private final Map<Expression, Piece> known = new IdentityHashMap<>();
    private boolean emptyText;

    private GrammarCompiler(Grammar grammar, SpelledCharacters characters) {
        this.grammar = grammar;
        this.characters = characters;
        this.combiner = new PieceCombiner(grammar.origin(), rules);
        this.repetitions = new RepetitionBuilder(combiner);
        this.empty = new EmptyTexts(grammar);
    }

    /** @throws ConfigException where the grammar cannot be used; names the rule */
    static RuleNetwork compile(Grammar grammar, SpelledCharacters characters) {
        GrammarCompiler compiler = new GrammarCompiler(grammar, characters);
        int root = compiler.compileRules();
        int[] ranks = new LeftRecursion(grammar.origin(), compiler.rules).resolve();
        if (compiler.rules.states() > MAXIMUM_STATES) {
            throw new ConfigException(grammar.origin() + " is too complex: it makes " + compiler.rules.states()
                    + " states; expected at most " + MAXIMUM_STATES);
        }
        return NetworkBuilder.build(grammar.origin(), compiler.rules, root, ranks, compiler.emptyText);
    }

    /** The number of the root. */
    private int compileRules() {
        for (List<String> group : RuleOrder.of(grammar)) {
            empty.add(group);
            if (RuleOrder.isRecursive(group, grammar)) {
                compileTogether(group);
            } else {
                compileAlone(group.get(0));
            }
        }
        int root = rules.reserve(grammar.root());
        Piece whole = references.get(grammar.root());
        rules.define(root, whole.automaton());
        emptyText = whole.acceptsEmptyText();
        return root;
    }

    private void compileAlone(String rule) {
        combiner.setOwner(rule);
        Piece piece = build(grammar.rules().get(rule));
        boolean copied = piece.states() <= COPIED_STATES || rule.equals(grammar.root());
        references.put(rule, copied ? piece : combiner.called(piece));
    }

    private void compileTogether(List<String> group) {
        int[] numbers = new int[group.size()];
        for (int index = 0; index < numbers.length; index++) {
            numbers[index] = rules.reserve(group.get(index));
            references.put(group.get(index), combiner.call(numbers[index], empty.contains(group.get(index))));
        }
        for (int index = 0; index < numbers.length; index++) {
            combiner.setOwner(group.get(index));
            rules.define(
                    numbers[index], build(grammar.rules().get(group.get(index))).automaton());
        }
    }

    private Piece build(Expression expression) {
        Piece before = known.get(expression);
        if (before != null) {
            return before;
        }
        Piece piece;
        if (expression instanceof Expression.Sequence sequence) {
            piece = sequence(sequence.parts());
        } else if (expression instanceof Expression.Choice choice) {
            piece = choice(choice.alternatives());
        } else if (expression instanceof Expression.Repetition repetition) {
            piece = repetitions.repeat(build(repetition.part()), repetition.least(), repetition.most());
        } else if (expression instanceof Expression.Reference reference) {
            piece = references.get(reference.rule());
        } else {
            piece = leaf(((Expression.Regular) expression).codePoints());
        }
        known.put(expression, piece);
        return piece;
    }

    private Piece sequence(List<Expression> parts) {
        return parts.isEmpty()
                ? combiner.emptyText()
                : combiner.combine("sequence", pieces(parts), Operations::concatenate);
    }

    private Piece choice(List<Expression> alternatives) {
        return combiner.combine("union", pieces(alternatives), Operations::union);
    }

    private List<Piece> pieces(List<Expression> parts) {
        List<Piece> pieces = new ArrayList<>(parts.size());
        for (Expression part : parts) {
            pieces.add(build(part));
        }
        return pieces;
    }

    private Piece leaf(Automaton codePoints) {
        try {
            return leaves.computeIfAbsent(
                    contentOf(codePoints), key -> combiner.piece(ByteAutomata.ofCodePoints(codePoints, characters)));
        } catch (TooComplexToDeterminizeException e) {
            throw combiner.tooComplex();
        }
    }

    /** Equal for automata of the same states and transitions. */
    private static IntBuffer contentOf(Automaton automaton) {
        Transition transition = new Transition();
        int[] content = new int[2 * automaton.getNumStates() + 3 * automaton.getNumTransitions()];
        int size = 0;
        for (int state = 0; state < automaton.getNumStates(); state++) {
            int count = automaton.initTransition(state, transition);
            content[size++] = count;
            content[size++] = automaton.isAccept(state) ? 1 : 0;
            for (int index = 0; index < count; index++) {
                automaton.getNextTransition(transition);
                content[size++] = transition.min;
                content[size++] = transition.max;
                content[size++] = transition.dest;
            }
        }
        return IntBuffer.wrap(content);
    }
}
