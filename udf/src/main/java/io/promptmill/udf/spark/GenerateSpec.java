package io.promptmill.udf.spark;

import com.esotericsoftware.kryo.DefaultSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import java.io.Serializable;
import java.util.Map;

/**
 * What a generation job does with a row; travels to the executors.
 *
 * @param model path on every node, URI on a Hadoop filesystem, or the name of a file shipped with the job
 * @param idColumn keys a row's random stream; null: the prompt's own tokens key it
 * @param sampling defaults for every row
 * @param samplingColumns overrides per row: name of a sampling key ({@code temperature}, {@code max_tokens}, ...) to the
 *     column that holds it; null in a row keeps the default
 */
@DefaultSerializer(JavaSerializer.class)
public record GenerateSpec(
        String model,
        String idColumn,
        PromptSpec prompt,
        SamplingParameters sampling,
        Map<String, String> samplingColumns,
        EngineConfig engine)
        implements Serializable {

    public GenerateSpec {
        samplingColumns = Map.copyOf(samplingColumns);
    }
}
