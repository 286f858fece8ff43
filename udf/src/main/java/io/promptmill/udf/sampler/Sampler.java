package io.promptmill.udf.sampler;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Chooses the next token from a row of logits: bias and penalties, temperature, then top-k, top-p and min-p over the
 * resulting probabilities. Thread-safe; each thread samples other rows.
 */
public final class Sampler {
    /** Candidates that top-p ranks at first; four times as many while their probability does not suffice. */
    private static final int FIRST_CANDIDATES = 128;

    private final Kernels kernels;
    private final int vocabularySize;
    private final ThreadLocal<float[]> scratch;

    public Sampler(Kernels kernels, int vocabularySize) {
        this.kernels = kernels;
        this.vocabularySize = vocabularySize;
        int padded = (vocabularySize + RowTiles.LANES - 1) / RowTiles.LANES * RowTiles.LANES;
        this.scratch = ThreadLocal.withInitial(() -> new float[padded]);
    }

    /**
     * What {@link #sample} gives for those rows of a tile that take their largest logit, found for all at once; -1 where
     * only {@link #sample} can tell.
     *
     * @param logits {@code [rows x vocabulary]}
     * @param tokens by row
     */
    public void largest(RowTiles logits, int tile, int[] tokens) {
        kernels.largest(logits, tile, tokens, tile * RowTiles.LANES);
    }

    /** As {@link #sample(RowTiles, int, SamplingState, long[])}, where every token is allowed. */
    public int sample(RowTiles logits, int row, SamplingState state) {
        return sample(logits, row, state, null);
    }

    /**
     * The next token of a sequence; the caller passes it on to {@link SamplingState#accept}.
     *
     * @param logits {@code [rows x vocabulary]}
     * @param allowed a bit for each token that may be chosen; null allows all
     * @throws RequestException where the logits are not numbers, as damaged weights make them, or no token is allowed
     */
    public int sample(RowTiles logits, int row, SamplingState state, long[] allowed) {
        SamplingParameters parameters = state.parameters();
        if (state.takesLargest()) {
            int start = logits.index(row, 0);
            return allowed == null
                    ? largest(logits.data(), start, RowTiles.LANES)
                    : largestAllowed(logits.data(), start, RowTiles.LANES, allowed);
        }
        float[] values = scratch.get();
        logits.readRow(row, 0, vocabularySize, values, 0);
        largest(values, 0, 1);
        state.adjust(values, vocabularySize);
        if (allowed != null) {
            ban(values, allowed);
        }
        int largest = largestAllowed(values);
        if (parameters.temperature() == 0) {
            return largest;
        }
        // The largest becomes 0 before the division, so that a small temperature cannot overflow.
        float maximum = values[largest];
        float inverse = (float) (1 / parameters.temperature());
        for (int i = 0; i < vocabularySize; i++) {
            values[i] = (values[i] - maximum) * inverse;
        }
        kernels.attention().softmax(values, 0, vocabularySize);
        return draw(values, parameters, state.nextUniform());
    }

    /** The index of the largest logit, the first of equals. */
    private int largest(float[] values, int offset, int step) {
        int best = -1;
        float maximum = Float.NEGATIVE_INFINITY;
        for (int token = 0, i = offset; token < vocabularySize; token++, i += step) {
            float value = values[i];
            if (value > maximum) {
                maximum = value;
                best = token;
            } else if (Float.isNaN(value)) {
                throw notNumbers(value, token);
            }
        }
        if (best < 0 || maximum == Float.POSITIVE_INFINITY) {
            throw notNumbers(maximum, Math.max(best, 0));
        }
        return best;
    }

    /** As {@link #largest}, after bias and penalties: these may have banned every token. */
    private int largestAllowed(float[] values) {
        int best = -1;
        for (int token = 0; token < vocabularySize; token++) {
            if (values[token] > (best < 0 ? Float.NEGATIVE_INFINITY : values[best])) {
                best = token;
            }
        }
        if (best < 0) {
            throw new RequestException(
                    ErrorCategory.CONSTRAINT, "logit_bias, min_tokens and the constraint leave no token to choose");
        }
        return best;
    }

    /** The index of the largest logit among those allowed, the first of equals. */
    private int largestAllowed(float[] values, int offset, int step, long[] allowed) {
        int best = -1;
        float maximum = Float.NEGATIVE_INFINITY;
        for (int word = 0; word < allowed.length; word++) {
            for (long bits = allowed[word]; bits != 0; bits &= bits - 1) {
                int token = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
                if (token >= vocabularySize) {
                    break;
                }
                float value = values[offset + token * step];
                if (value > maximum || Float.isNaN(value)) {
                    maximum = value;
                    best = token;
                }
                if (Float.isNaN(value)) {
                    throw notNumbers(value, token);
                }
            }
        }
        if (best < 0 || maximum == Float.POSITIVE_INFINITY) {
            throw best < 0
                    ? new RequestException(
                            ErrorCategory.CONSTRAINT, "the model rules out every token that the constraint allows")
                    : notNumbers(maximum, best);
        }
        return best;
    }

    /** Sets the logits of what is not allowed to negative infinity. */
    private void ban(float[] values, long[] allowed) {
        for (int token = 0; token < vocabularySize; token++) {
            int word = token / Long.SIZE;
            if (word >= allowed.length || (allowed[word] >>> token & 1) == 0) {
                values[token] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static RequestException notNumbers(float value, int token) {
        return new RequestException(
                ErrorCategory.MODEL,
                "the model computed " + value + " for token " + token
                        + "; its weights are damaged (NaN or infinite). Download the model again");
    }

    private int draw(float[] probabilities, SamplingParameters parameters, double uniform) {
        if (parameters.topK() == 0 && parameters.topP() == 1 && parameters.minP() == 0) {
            return drawByToken(probabilities, uniform);
        }
        int limit = parameters.topK() == 0 ? vocabularySize : Math.min(parameters.topK(), vocabularySize);
        int count = Math.min(limit, parameters.topK() > 0 ? limit : FIRST_CANDIDATES);
        while (true) {
            int[] ranked = Candidates.largest(probabilities, vocabularySize, count);
            int kept = keep(probabilities, ranked, parameters);
            if (kept < ranked.length || ranked.length == limit) {
                return drawRanked(probabilities, ranked, kept, uniform);
            }
            count = Math.min(limit, count * 4);
        }
    }

    /** How many of the ranked candidates top-p and min-p keep; all of them may mean that more were needed. */
    private static int keep(float[] probabilities, int[] ranked, SamplingParameters parameters) {
        double total = 0;
        // After top-k, top-p counts the share of what top-k has kept.
        if (parameters.topK() > 0) {
            for (int token : ranked) {
                total += probabilities[token];
            }
        } else {
            total = 1;
        }
        double floor = parameters.minP() * probabilities[ranked[0]];
        double sum = 0;
        for (int i = 0; i < ranked.length; i++) {
            float probability = probabilities[ranked[i]];
            if (i > 0 && (sum >= parameters.topP() * total || probability < floor)) {
                return i;
            }
            sum += probability;
        }
        return ranked.length;
    }

    private int drawByToken(float[] probabilities, double uniform) {
        double total = 0;
        for (int i = 0; i < vocabularySize; i++) {
            total += probabilities[i];
        }
        double target = uniform * total;
        double sum = 0;
        int last = 0;
        for (int token = 0; token < vocabularySize; token++) {
            if (probabilities[token] > 0) {
                sum += probabilities[token];
                last = token;
                if (sum > target) {
                    return token;
                }
            }
        }
        return last;
    }

    private static int drawRanked(float[] probabilities, int[] ranked, int kept, double uniform) {
        double total = Arrays.stream(ranked, 0, kept)
                .mapToDouble(token -> probabilities[token])
                .sum();
        double target = uniform * total;
        double sum = 0;
        int last = ranked[0];
        for (int i = 0; i < kept && probabilities[ranked[i]] > 0; i++) {
            sum += probabilities[ranked[i]];
            last = ranked[i];
            if (sum > target) {
                break;
            }
        }
        return last;
    }
}
