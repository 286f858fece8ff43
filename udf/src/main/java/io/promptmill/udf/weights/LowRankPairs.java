package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts the two tensors of each addition together and checks them. Not thread-safe. */
final class LowRankPairs {
    /** More would be larger than what it is added to, in any model there is. */
    private static final int MAXIMUM_RANK = 4096;

    private static final String REMEDY = ". The adapter is damaged; download it again or convert it anew";

    private final String source;
    private final Map<String, Pair> pairs = new LinkedHashMap<>();

    /** Stored tensors; either may be null while they are put together. */
    record Pair(TensorInfo down, TensorInfo up) {
        int rank() {
            return Math.toIntExact(down.shape().get(0));
        }

        long inputs() {
            return down.shape().get(1);
        }

        long outputs() {
            return up.shape().get(0);
        }
    }

    /** @param source name of the file for messages */
    LowRankPairs(String source) {
        this.source = source;
    }

    /** Takes A of what is added to {@code target}. */
    void down(String target, TensorInfo tensor) {
        add(target, new Pair(tensor, null), pairs.get(target));
    }

    /** Takes B of what is added to {@code target}. */
    void up(String target, TensorInfo tensor) {
        add(target, pairs.get(target), new Pair(null, tensor));
    }

    private void add(String target, Pair down, Pair up) {
        TensorInfo a = down == null ? null : down.down();
        TensorInfo b = up == null ? null : up.up();
        pairs.put(target, new Pair(a, b));
    }

    /**
     * All pairs by what they are added to.
     *
     * @throws ModelFileException where there is none, one has a single tensor, or the two do not fit together
     */
    Map<String, Pair> complete() {
        if (pairs.isEmpty()) {
            throw new ModelFileException(source + ": has no tensors; expected pairs of A and B" + REMEDY);
        }
        pairs.forEach((target, pair) -> {
            if (pair.down() == null || pair.up() == null) {
                TensorInfo present = pair.down() == null ? pair.up() : pair.down();
                throw new ModelFileException(source + ": tensor " + Quoted.of(present.name()) + " has no counterpart "
                        + (pair.down() == null ? "A" : "B") + REMEDY);
            }
            List<Long> down = pair.down().shape();
            List<Long> up = pair.up().shape();
            if (down.size() != 2 || up.size() != 2 || !down.get(0).equals(up.get(1))) {
                throw new ModelFileException(
                        source + ": tensors " + Quoted.of(pair.down().name()) + " of shape " + down
                                + " and " + Quoted.of(pair.up().name()) + " of shape " + up
                                + " do not fit together; expected [rank, inputs] and [outputs, rank]" + REMEDY);
            }
            if (down.get(0) < 1 || down.get(0) > MAXIMUM_RANK) {
                throw new ModelFileException(
                        source + ": tensor " + Quoted.of(pair.down().name()) + " has rank " + down.get(0)
                                + "; expected 1 to " + MAXIMUM_RANK + REMEDY);
            }
        });
        return pairs;
    }

    /**
     * Checks that the base has a matrix of that name and the pair's shape.
     *
     * @throws ModelFileException where it has not
     */
    static void check(String source, String target, Pair pair, ModelFile base) {
        TensorInfo matrix = base.tensors().get(target);
        if (matrix == null) {
            throw new ModelFileException(
                    source + ": tensor " + Quoted.of(pair.down().name()) + " is added to " + Quoted.of(target)
                            + ", which " + base.metadata().source() + " does not have" + LoraAdapter.OTHER_MODEL);
        }
        List<Long> expected = List.of(pair.outputs(), pair.inputs());
        if (!matrix.shape().equals(expected)) {
            throw new ModelFileException(source + ": tensors "
                    + Quoted.of(pair.down().name()) + " of shape "
                    + pair.down().shape() + " and " + Quoted.of(pair.up().name()) + " of shape "
                    + pair.up().shape() + " are added to " + Quoted.of(target) + " of shape " + matrix.shape() + " in "
                    + base.metadata().source() + "; expected one of shape " + expected + LoraAdapter.OTHER_MODEL);
        }
    }
}
