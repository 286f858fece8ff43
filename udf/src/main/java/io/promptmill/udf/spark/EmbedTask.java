package io.promptmill.udf.spark;

import io.promptmill.udf.engine.Pooling;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.util.Set;

/**
 * A vector for each text, made of the model's final states.
 *
 * @param pooling of the states; null for what the model's file asks for
 * @param normalize whether vectors are given the length 1
 * @param dimensions numbers that are kept of a vector, from its beginning, before it is normalized; 0 for all
 */
public record EmbedTask(Pooling pooling, boolean normalize, int dimensions) implements TaskSpec {
    /** As the model's file asks, of length 1. */
    public static final EmbedTask DEFAULT = new EmbedTask(null, true, 0);

    /** @throws ConfigException where a value is out of range */
    public EmbedTask {
        if (dimensions < 0) {
            throw new ConfigException("embed.dimensions is " + dimensions + "; expected 1 or more, or 0 for all");
        }
    }

    @Override
    public String name() {
        return "embed";
    }

    /** A text is embedded as it is: chat templates are for answers. */
    @Override
    public PromptSpec prompt(PromptSpec given) {
        boolean plain = given.source() == PromptSpec.Source.COLUMN || given.source() == PromptSpec.Source.TEMPLATE;
        return plain && given.chat() == null
                ? new PromptSpec(given.source(), given.value(), given.system(), false, given.overlong())
                : given;
    }

    @Override
    public void checkAgainst(SamplingParameters sampling, Set<String> overridden, Reasoning reasoning) {
        if (!sampling.equals(SamplingParameters.DEFAULT) || !overridden.isEmpty()) {
            throw new ConfigException("an embed job samples nothing; remove the settings of sampling");
        }
        if (!reasoning.equals(Reasoning.AS_MODEL)) {
            throw new ConfigException("an embed job completes nothing; remove the settings of reasoning");
        }
    }
}
