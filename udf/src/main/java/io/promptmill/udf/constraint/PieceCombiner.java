package io.promptmill.udf.constraint;

import io.promptmill.udf.error.ConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/**
 * Puts {@link Piece}s together. Equal pieces are built once. A piece that would make the whole too large, or too hard to make
 * deterministic, becomes a rule that is called. Not thread-safe.
 */
final class PieceCombiner {
    /** Of more states, no large pieces are made: 1,000 characters of a JSON string are 14,000. */
    static final int MAXIMUM_STATES = 20_000;
    /** Where there are more states, those of pieces larger than {@link #SMALL_STATES} are kept out of a determinization. */
    static final int EASY_STATES = 2_000;

    static final int SMALL_STATES = 200;
    /** States in all pieces and rules that a grammar may take to build. */
    private static final long MAXIMUM_WORK = 10_000_000;

    private static final int MAXIMUM_FAILURES = 20;

    private record Key(String operation, List<Integer> parts) {}

    private final String origin;
    private final CalledRules rules;
    private final Map<Key, Piece> combined = new HashMap<>();
    private final Map<Integer, Piece> calls = new HashMap<>();
    private String owner = "";
    private int ids;
    private long work;
    private int failures;

    PieceCombiner(String origin, CalledRules rules) {
        this.origin = origin;
        this.rules = rules;
    }

    /** Names the rule that pieces are built for, in messages. */
    void setOwner(String rule) {
        owner = rule;
    }

    /** @param automaton deterministic, without dead states */
    Piece piece(Automaton automaton) {
        work += automaton.getNumStates();
        if (work > MAXIMUM_WORK) {
            throw tooComplex();
        }
        return new Piece(ids++, automaton);
    }

    /** The piece of the empty text alone. */
    Piece emptyText() {
        return combine("empty", List.of(), none -> Automata.makeEmptyString());
    }

    /**
     * What an operation makes of pieces.
     *
     * @param name equal for equal operations
     * @throws ConfigException where it is too complex
     */
    Piece combine(String name, List<Piece> parts, Function<List<Automaton>, Automaton> operation) {
        Key key = new Key(name, parts.stream().map(Piece::id).toList());
        Piece known = combined.get(key);
        if (known == null) {
            List<Piece> operands = parts.size() > 1 ? withSeparateRules(parts) : parts;
            known = piece(deterministic(withinLimit(operands), operation));
            combined.put(key, known);
        }
        return known;
    }

    /**
     * The pieces, those as calls that keep costly masks and end by themselves. All that call a rule share its masks, and walk
     * again only what may follow its end.
     */
    private List<Piece> withSeparateRules(List<Piece> parts) {
        return parts.stream()
                .map(piece -> ByteAutomata.isCostly(piece.automaton()) ? called(piece) : piece)
                .toList();
    }

    private Automaton deterministic(List<Piece> parts, Function<List<Automaton>, Automaton> operation) {
        List<Piece> operands = parts;
        Automaton whole = apply(operation, operands);
        if (!whole.isDeterministic() && whole.getNumStates() > EASY_STATES) {
            operands = called(operands, SMALL_STATES);
            whole = apply(operation, operands);
        }
        try {
            return ByteAutomata.deterministic(whole);
        } catch (TooComplexToDeterminizeException e) {
            if (++failures > MAXIMUM_FAILURES) {
                throw tooComplex();
            }
        }
        try {
            return ByteAutomata.deterministic(apply(operation, called(operands, 2)));
        } catch (TooComplexToDeterminizeException e) {
            throw tooComplex();
        }
    }

    private static Automaton apply(Function<List<Automaton>, Automaton> operation, List<Piece> parts) {
        return operation.apply(parts.stream().map(Piece::automaton).toList());
    }

    /** The pieces, where they are too many states the largest of them as calls. */
    private List<Piece> withinLimit(List<Piece> parts) {
        List<Piece> bySize = new ArrayList<>(parts);
        bySize.sort(Comparator.comparingInt(Piece::states).reversed());
        long states = parts.stream().mapToLong(Piece::states).sum();
        int most = Integer.MAX_VALUE;
        for (Piece piece : bySize) {
            if (states > MAXIMUM_STATES && piece.states() > SMALL_STATES) {
                most = piece.states() - 1;
                states -= piece.states();
            }
        }
        return called(parts, most);
    }

    private List<Piece> called(List<Piece> parts, int most) {
        return parts.stream()
                .map(piece -> piece.states() > most ? called(piece) : piece)
                .toList();
    }

    /** The call of a rule made of the piece. */
    Piece called(Piece piece) {
        Piece known = calls.get(piece.id());
        if (known == null) {
            int rule = rules.reserve(owner);
            rules.define(rule, piece.automaton());
            known = call(rule, piece.acceptsEmptyText());
            calls.put(piece.id(), known);
            calls.put(known.id(), known);
        }
        return known;
    }

    /** The call of a rule. */
    Piece call(int rule, boolean acceptsEmptyText) {
        Automaton call = CalledRules.call(rule);
        return piece(ByteAutomata.deterministic(acceptsEmptyText ? Operations.optional(call) : call));
    }

    ConfigException tooComplex() {
        return new ConfigException(
                origin + ": rule '" + owner + "' is too complex: its parts have too many ways to go on;"
                        + " make its repetitions shorter, or parts of it that begin alike the same");
    }
}
