package io.promptmill.udf.spark;

import com.esotericsoftware.kryo.DefaultSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Counts of a running job, summed over its tasks. Updated on executors, read on the driver.
 *
 * @param hosts that have loaded a model, once for each time, in words
 */
@DefaultSerializer(JavaSerializer.class)
public record GenerateMetrics(
        LongAccumulator rows,
        LongAccumulator errors,
        LongAccumulator promptTokens,
        LongAccumulator completionTokens,
        LongAccumulator copiedRows,
        LongAccumulator reusedPromptTokens,
        LongAccumulator modelLoads,
        CollectionAccumulator<String> hosts)
        implements Serializable {

    public static GenerateMetrics register(SparkContext context) {
        return new GenerateMetrics(
                context.longAccumulator("promptmill.rows"),
                context.longAccumulator("promptmill.errors"),
                context.longAccumulator("promptmill.prompt_tokens"),
                context.longAccumulator("promptmill.completion_tokens"),
                context.longAccumulator("promptmill.copied_rows"),
                context.longAccumulator("promptmill.reused_prompt_tokens"),
                context.longAccumulator("promptmill.model_loads"),
                context.collectionAccumulator("promptmill.hosts"));
    }
}
