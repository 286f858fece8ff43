package io.promptmill.udf.model;

import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.layers.Activation;
import io.promptmill.udf.layers.ExpertRouter;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.MixtureOfExperts;
import io.promptmill.udf.layers.Projection;
import io.promptmill.udf.layers.SharedExpert;
import io.promptmill.udf.tensor.Matrix;
import java.util.Arrays;

/** Builds the mixtures of experts of a model from its file. */
final class ExpertParts {
    private final ModelParts parts;
    private final ModelShape.Experts experts;
    private final MixtureOfExperts.Scratch scratch;

    ExpertParts(ModelParts parts) {
        this.parts = parts;
        this.experts = parts.shape().experts();
        this.scratch = new MixtureOfExperts.Scratch(
                experts.count() == 0 ? 0 : parts.size().rows(),
                experts.count(),
                experts.used(),
                parts.shape().embeddingLength(),
                experts.length());
    }

    /** Whether a layer has experts. */
    boolean has(int layer) {
        return parts.has(ModelParts.block(layer) + "ffn_gate_inp.weight");
    }

    /**
     * @param gating where the file does not say
     * @param normalized where the file does not say
     */
    MixtureOfExperts layer(int layer, Activation activation, Gating gating, boolean normalized) {
        String block = ModelParts.block(layer);
        int width = parts.shape().embeddingLength();
        String choiceBias = block + "exp_probs_b.bias";
        ExpertRouter router = new ExpertRouter(
                parts.compute(),
                parts.projection(block + "ffn_gate_inp", experts.count(), width),
                parts.has(choiceBias) ? parts.file().vector(choiceBias, experts.count()) : null,
                routing(gating, normalized));
        return new MixtureOfExperts(parts.compute(), router, activation, weights(block, width), scratch);
    }

    /** Gate and up may be stored one after the other. */
    private MixtureOfExperts.Experts weights(String block, int width) {
        int length = experts.length();
        Projection[] down = projections(block, "down", width, length);
        if (!parts.has(block + "ffn_gate_up_exps.weight")) {
            return new MixtureOfExperts.Experts(
                    projections(block, "gate", length, width), projections(block, "up", length, width), down);
        }
        Projection[] both = projections(block, "gate_up", 2 * length, width);
        return new MixtureOfExperts.Experts(
                Arrays.stream(both).map(p -> p.outputs(0, length)).toArray(Projection[]::new),
                Arrays.stream(both).map(p -> p.outputs(length, length)).toArray(Projection[]::new),
                down);
    }

    /** The expert of a layer that all rows use, and its gate. */
    SharedExpert shared(int layer, Activation activation, int hidden) {
        String block = ModelParts.block(layer);
        int width = parts.shape().embeddingLength();
        return new SharedExpert(
                parts.compute(),
                parts.file().vector(block + "ffn_gate_inp_shexp.weight", width),
                parts.gatedFeedForward(block + "ffn_%s_shexp", hidden, activation));
    }

    private ExpertRouter.Routing routing(Gating usual, boolean usuallyNormalized) {
        GgufKeys keys = parts.keys();
        Gating gating = switch (keys.integerOr("expert_gating_func", 0, 0, 3)) {
            case 1 -> Gating.SOFTMAX;
            case 2 -> Gating.SIGMOID;
            case 3 -> Gating.SOFTMAX_OF_CHOSEN;
            default -> usual;
        };
        int groups = Math.max(1, keys.integerOr("expert_group_count", 1, 0, experts.count()));
        if (experts.count() % groups != 0) {
            throw keys.invalid("expert_group_count", groups, "a divisor of expert_count " + experts.count());
        }
        int usedGroups = keys.integerOr("expert_group_used_count", groups, 0, groups);
        if (groups > 1 && usedGroups * (experts.count() / groups) < experts.used()) {
            throw keys.invalid(
                    "expert_group_used_count", usedGroups, "enough groups for " + experts.used() + " experts");
        }
        return new ExpertRouter.Routing(
                experts.count(),
                experts.used(),
                gating,
                keys.flagOr("expert_weights_norm", usuallyNormalized),
                keys.factor("expert_weights_scale"),
                groups,
                usedGroups);
    }

    /** The same projection of all experts: one stacked tensor, or in older files a tensor for each. */
    private Projection[] projections(String block, String which, int outputs, int inputs) {
        String stacked = block + "ffn_" + which + "_exps";
        Projection[] projections = new Projection[experts.count()];
        if (!parts.has(stacked + ".weight") && parts.has(block + "ffn_" + which + ".0.weight")) {
            for (int i = 0; i < projections.length; i++) {
                projections[i] = parts.projection(block + "ffn_" + which + "." + i, outputs, inputs);
            }
            return projections;
        }
        Matrix[] weights = parts.file().matrices(stacked + ".weight", experts.count(), outputs, inputs);
        float[] biases = parts.has(stacked + ".bias")
                ? DecodedMatrix.values(parts.file().matrix(stacked + ".bias", experts.count(), outputs))
                : null;
        for (int i = 0; i < projections.length; i++) {
            projections[i] = new Projection(
                    weights[i], biases == null ? null : Arrays.copyOfRange(biases, i * outputs, (i + 1) * outputs));
        }
        return projections;
    }
}
