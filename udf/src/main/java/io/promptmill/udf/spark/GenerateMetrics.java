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
 * @param emptyRows with {@link Flaw#EMPTY}, and so on
 * @param samples of rows with a flaw; without a name, which keeps users' texts out of Spark's pages
 * @param hosts that have loaded a model, once for each time, in words
 */
@DefaultSerializer(JavaSerializer.class)
public record GenerateMetrics(
        LongAccumulator rows,
        LongAccumulator errors,
        LongAccumulator emptyRows,
        LongAccumulator cutRows,
        LongAccumulator loopingRows,
        FlawSamples samples,
        LongAccumulator promptTokens,
        LongAccumulator completionTokens,
        LongAccumulator copiedRows,
        LongAccumulator reusedPromptTokens,
        LongAccumulator modelLoads,
        CollectionAccumulator<String> hosts)
        implements Serializable {

    public static GenerateMetrics register(SparkContext context) {
        FlawSamples samples = new FlawSamples();
        context.register(samples);
        return new GenerateMetrics(
                context.longAccumulator("promptmill.rows"),
                context.longAccumulator("promptmill.errors"),
                context.longAccumulator("promptmill.empty_rows"),
                context.longAccumulator("promptmill.cut_rows"),
                context.longAccumulator("promptmill.looping_rows"),
                samples,
                context.longAccumulator("promptmill.prompt_tokens"),
                context.longAccumulator("promptmill.completion_tokens"),
                context.longAccumulator("promptmill.copied_rows"),
                context.longAccumulator("promptmill.reused_prompt_tokens"),
                context.longAccumulator("promptmill.model_loads"),
                context.collectionAccumulator("promptmill.hosts"));
    }

    /** How many rows have a flaw. */
    public LongAccumulator rowsWith(Flaw flaw) {
        return switch (flaw) {
            case EMPTY -> emptyRows;
            case LENGTH -> cutRows;
            case REPETITION -> loopingRows;
            case INVALID -> errors;
        };
    }
}
