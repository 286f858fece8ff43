package io.promptmill.udf.spark;

import com.esotericsoftware.kryo.DefaultSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.promptmill.udf.engine.CompletionEngine;
import io.promptmill.udf.error.ConfigException;
import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/** Engines from the cache of the JVM that a task runs in, held until the task ends. */
@DefaultSerializer(JavaSerializer.class)
final class SharedEngineSource implements EngineSource {
    private static final long serialVersionUID = 1L;

    /** Contexts whose end closes the engines of a local master's JVM, which lives on. */
    private static final Set<SparkContext> LOCAL_CONTEXTS =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Finds the cache in the JVM that a task runs in. */
    @FunctionalInterface
    interface LocalCache extends Serializable {
        EngineCache get();
    }

    private final SerializableConfiguration hadoop;
    private final LocalCache cache;

    SharedEngineSource(SerializableConfiguration hadoop, LocalCache cache) {
        this.hadoop = hadoop;
        this.cache = cache;
    }

    static SharedEngineSource ofActiveSession() {
        SparkSession session = SparkSession.getActiveSession()
                .getOrElse(() -> SparkSession.getDefaultSession().getOrElse(() -> {
                    throw new ConfigException("no Spark session is active; create one before the job's function");
                }));
        SparkContext context = session.sparkContext();
        if (context.isLocal() && LOCAL_CONTEXTS.add(context)) {
            context.addSparkListener(new SparkListener() {
                @Override
                public void onApplicationEnd(SparkListenerApplicationEnd end) {
                    EngineCache.instance().closeAll();
                }
            });
        }
        return new SharedEngineSource(
                new SerializableConfiguration(context.hadoopConfiguration()), EngineCache::instance);
    }

    Configuration hadoop() {
        return hadoop.value();
    }

    @Override
    public CompletionEngine get(GenerateSpec spec, GenerateMetrics metrics) {
        ModelResolver resolver = new ModelResolver(hadoop.value());
        ModelLocation model = resolver.resolve(spec.model());
        List<AdapterLocation> adapters = spec.adapters().entries().stream()
                .map(adapter -> new AdapterLocation(adapter.name(), resolver.resolve(adapter.path()), adapter.scale()))
                .toList();
        EngineCache.Lease lease = cache.get()
                .acquire(
                        model,
                        adapters,
                        ExecutorThreads.decide(spec.engine()),
                        spec.task().constraints(),
                        () -> {
                            if (metrics != null) {
                                metrics.modelLoads().add(1L);
                                metrics.hosts().add(HostFeatures.describe());
                            }
                        });
        TaskContext task = TaskContext.get();
        if (task != null) {
            TaskCompletionListener onEnd = ended -> {
                if (metrics != null) {
                    metrics.reusedPromptTokens().add(lease.takeReusedPromptTokens());
                }
                lease.close();
            };
            task.addTaskCompletionListener(onEnd);
        }
        return lease.engine();
    }

    @Override
    public void failed(CompletionEngine engine) {
        cache.get().discard(engine);
    }
}
