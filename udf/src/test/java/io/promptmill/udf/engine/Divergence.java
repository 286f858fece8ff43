package io.promptmill.udf.engine;

/**
 * How far a model's predictions are from those of a reference, summed up token by token: Kullback-Leibler divergence
 * {@code sum of p * (log p - log q)} in nats, p the reference's distribution over the next token, q the other's; how often both
 * find the same token most likely; and the perplexity of both on the text. All in double precision. Not thread-safe.
 */
final class Divergence {
    private long positions;
    private long agreements;
    private double sum;
    private double maximum;
    private long targets;
    private double referenceLoss;
    private double loss;

    /**
     * Adds a position.
     *
     * @param reference logits {@code [vocabulary]}
     * @param other logits {@code [vocabulary]}
     * @param target the token that the text goes on with, or -1 at its end
     */
    void add(float[] reference, float[] other, int target) {
        double referenceNorm = logSumExp(reference);
        double otherNorm = logSumExp(other);
        double divergence = 0;
        for (int i = 0; i < reference.length; i++) {
            double logP = reference[i] - referenceNorm;
            divergence += Math.exp(logP) * (logP - (other[i] - otherNorm));
        }
        positions++;
        sum += divergence;
        // Math.max keeps NaN: broken logits show.
        maximum = Math.max(maximum, divergence);
        agreements += largest(reference) == largest(other) ? 1 : 0;
        if (target >= 0) {
            targets++;
            referenceLoss += referenceNorm - reference[target];
            loss += otherNorm - other[target];
        }
    }

    /** Positions that were compared. */
    long positions() {
        return positions;
    }

    /** Mean over the positions, in nats. */
    double mean() {
        return sum / positions;
    }

    /** The largest of any position, in nats. */
    double maximum() {
        return maximum;
    }

    /** Share of positions, 0 to 1, where both have the same most likely token. */
    double agreement() {
        return (double) agreements / positions;
    }

    double referencePerplexity() {
        return Math.exp(referenceLoss / targets);
    }

    double perplexity() {
        return Math.exp(loss / targets);
    }

    private static double logSumExp(float[] logits) {
        double peak = logits[largest(logits)];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - peak);
        }
        return peak + Math.log(sum);
    }

    private static int largest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }
}
