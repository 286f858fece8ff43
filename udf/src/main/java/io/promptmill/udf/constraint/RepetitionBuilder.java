package io.promptmill.udf.constraint;

import java.util.List;
import org.apache.lucene.util.automaton.Operations;

/**
 * Repeats pieces. A count that makes too many states is written as a repetition of blocks, each of which is a rule: of n, about
 * the square root of n blocks of as many.
 */
final class RepetitionBuilder {
    private final PieceCombiner combiner;

    RepetitionBuilder(PieceCombiner combiner) {
        this.combiner = combiner;
    }

    Piece repeat(Piece part, int least, int most) {
        if (least == 1 && most == 1) {
            return part;
        }
        if (part.isEmpty() && least > 0) {
            return part;
        }
        Piece body = combiner.combine("without empty", List.of(part), a -> ByteAutomata.withoutEmptyText(a.get(0)));
        if (most == 0 || body.isEmpty()) {
            return combiner.emptyText();
        }
        int needed = part.acceptsEmptyText() ? 0 : least;
        long copies = most == Expression.UNBOUNDED ? needed + 1L : most;
        if (body.states() * copies > PieceCombiner.MAXIMUM_STATES && body.states() > PieceCombiner.SMALL_STATES) {
            body = combiner.called(body);
        }
        if (most == Expression.UNBOUNDED) {
            return sequence(exactly(body, needed), anyTimes(body));
        }
        return atOnce(body, needed, most)
                ? direct(body, needed, most)
                : sequence(exactly(body, needed), upTo(body, most - needed));
    }

    private static boolean atOnce(Piece body, int least, int most) {
        return (long) body.states() * Math.max(least, most) <= PieceCombiner.MAXIMUM_STATES;
    }

    private Piece direct(Piece body, int least, int most) {
        String name = "repeat " + least + " " + most;
        return combiner.combine(name, List.of(body), a -> Operations.repeat(a.get(0), least, most));
    }

    private Piece anyTimes(Piece body) {
        return combiner.combine("star", List.of(body), a -> Operations.repeat(a.get(0)));
    }

    private Piece sequence(Piece... parts) {
        return combiner.combine("sequence", List.of(parts), Operations::concatenate);
    }

    private Piece exactly(Piece body, int count) {
        if (atOnce(body, count, count)) {
            return direct(body, count, count);
        }
        int size = blockSize(body, count);
        Piece block = combiner.called(exactly(body, size));
        return sequence(exactly(block, count / size), exactly(body, count % size));
    }

    /** 0 to {@code count} times: fewer than all full blocks and a part of one, or all of them and what is left. */
    private Piece upTo(Piece body, int count) {
        if (atOnce(body, 0, count)) {
            return direct(body, 0, count);
        }
        int size = blockSize(body, count);
        int blocks = count / size;
        Piece block = combiner.called(exactly(body, size));
        Piece fewer = sequence(upTo(block, blocks - 1), combiner.called(upTo(body, size - 1)));
        Piece all = sequence(exactly(block, blocks), combiner.called(upTo(body, count % size)));
        return combiner.combine("union", List.of(fewer, all), Operations::union);
    }

    private static int blockSize(Piece body, int count) {
        int most = PieceCombiner.MAXIMUM_STATES / 4 / body.states();
        return Math.max(2, Math.min((int) Math.sqrt(count), most));
    }
}
