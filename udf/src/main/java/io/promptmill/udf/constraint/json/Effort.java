package io.promptmill.udf.constraint.json;

import org.apache.lucene.util.automaton.Automaton;

/** What may be spent on one text of schemas, so that none takes for ever. For one thread. */
final class Effort {
    /** A merge of two small schemas costs 10, the look at a value under a schema 1; in all, a few seconds. */
    private static final long MOST = 5_000_000;

    private static final int MERGE = 10;
    /** Making the texts of a range costs this for each range that is left out. */
    private static final int RANGE = 200;

    /** Reading a pattern costs this for each state of its automaton. */
    private static final int STATE = 50;

    private long spent;

    /** One value is looked at under one schema. */
    void visit(String pointer) {
        spend(pointer, 1);
    }

    /** A schema was read for the first time. */
    void read(String pointer, Shape shape) {
        spend(pointer, (long) STATE * states(shape.strings().content()));
    }

    /** One shape is merged with others. */
    void merge(String pointer, Shape shape) {
        spend(
                pointer,
                MERGE
                        * (1L
                                + shape.objects().properties().size()
                                + states(shape.strings().content())));
    }

    /** What one shape has is taken from another. */
    void exclude(Shape from, Shape what) {
        long units = MERGE
                * (1L + states(from.strings().content()) + states(what.strings().content()));
        boolean numbers = from.types().contains(JsonType.NUMBER) && what.types().contains(JsonType.NUMBER);
        spend(
                from.place(),
                units + (numbers ? RANGE * (1L + from.numbers().excluded().size()) : 0));
    }

    private static int states(Automaton content) {
        return content == null ? 0 : content.getNumStates();
    }

    private void spend(String pointer, long units) {
        spent += units;
        if (spent > MOST) {
            throw Pointers.problem(
                    pointer,
                    "too many combinations of allOf, anyOf, oneOf, enum and pattern up to here. Use fewer alternatives");
        }
    }
}
