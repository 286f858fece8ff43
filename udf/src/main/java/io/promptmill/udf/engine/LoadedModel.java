package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.model.Model;
import io.promptmill.udf.model.ModelRegistry;
import io.promptmill.udf.model.ModelShape;
import io.promptmill.udf.model.ModelSize;
import io.promptmill.udf.prompt.ModelPromptEncoder;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.sampler.Sampler;
import io.promptmill.udf.scheduler.BlockPool;
import io.promptmill.udf.scheduler.Scheduler;
import io.promptmill.udf.tokenizer.ModelTokenizer;
import io.promptmill.udf.tokenizer.Tokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that an engine needs of a model file, with the memory that it may use: decided once, at load. */
final class LoadedModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

    private final ModelFile file;
    private final WorkerPool workers;
    private final Precision precision;
    private final KvPrecision kvPrecision;
    private final Kernels kernels;
    private final Tokenizer tokenizer;
    private final ConstraintCache constraints;
    private final PromptEncoder encoder;
    private final Model model;
    private final LoadedAdapters adapters;
    private final EngineConfig config;
    private final EngineMemory memory;
    private final HeapRoom room;
    private final StepLimits limits;
    private final int kvBlocks;

    private LoadedModel(
            ModelFile file,
            WorkerPool workers,
            Precision precision,
            Kernels kernels,
            LoadedAdapters adapters,
            EngineConfig config,
            List<ConstraintSpec> prepared,
            MemoryLimit limit) {
        this.file = file;
        this.workers = workers;
        this.precision = precision;
        this.kernels = kernels;
        this.adapters = adapters;
        this.config = config;
        kvPrecision = PrecisionChoice.resolveKv(config.kvPrecision(), precision);
        ModelTokenizer modelTokenizer = TokenizerFactory.open(file);
        tokenizer = modelTokenizer.tokenizer();
        constraints = new ConstraintCache(tokenizer);
        constraints.prepare(prepared);
        encoder = encoder(file.metadata().source(), modelTokenizer);
        ModelShape shape = ModelRegistry.shape(file);
        memory = EngineMemory.of(file, shape, config);
        room = heapRoom(limit);
        limits =
                StepLimits.of(config, shape, kvPrecision, workers.threads(), memory.context(), kvBudget(), heapBytes());
        model = ModelRegistry.load(
                file,
                new Compute(kernels, workers, adapters.lowRank()),
                new ModelSize(limits.batchTokens(), limits.sequences(), memory.context(), tokenizer.vocabularySize()));
        adapters.finish();
        kvBlocks = affordableBlocks();
    }

    /** @param constraints to be compiled while the weights are read */
    static LoadedModel load(Path path, EngineConfig config, List<Adapter> adapters, List<ConstraintSpec> constraints) {
        return load(path, config, adapters, constraints, MemoryLimit.ofThisProcess());
    }

    /** @param limit of this process's memory */
    static LoadedModel load(
            Path path,
            EngineConfig config,
            List<Adapter> adapters,
            List<ConstraintSpec> constraints,
            MemoryLimit limit) {
        long start = System.nanoTime();
        int threads = config.threads() == 0 ? Runtime.getRuntime().availableProcessors() : config.threads();
        ModelFile file = ModelFile.open(path);
        WorkerPool workers = null;
        Kernels kernels = null;
        LoadedAdapters opened = null;
        try {
            LoraAdapter.refuse(file);
            Precision precision = PrecisionChoice.resolve(config.precision(), file);
            kernels = KernelProvider.open(precision);
            workers = new WorkerPool(threads, "promptmill-worker");
            opened = LoadedAdapters.open(adapters, file, kernels, precision);
            LoadedModel loaded = new LoadedModel(file, workers, precision, kernels, opened, config, constraints, limit);
            LOG.info(
                    "Loaded {} in {} ms: {} kernels, {} threads, {} tokens a step, {} sequences, context of {} tokens,"
                            + " {} MiB for keys and values in {}{}",
                    path.getFileName(),
                    (System.nanoTime() - start) / 1_000_000,
                    loaded.provider(),
                    threads,
                    loaded.limits.batchTokens(),
                    loaded.limits.sequences(),
                    loaded.maximumContext(),
                    loaded.kvBlocks * loaded.kvBytesPerBlock() >> 20,
                    loaded.kvPrecision(),
                    opened.count() == 0
                            ? ""
                            : ", adapters: " + opened.count() + " of "
                                    + HeapRoom.mebibytes(opened.lowRank().bytes()));
            return loaded;
        } catch (RuntimeException | Error e) {
            if (opened != null) {
                opened.closeFiles();
            }
            if (workers != null) {
                workers.close();
            }
            if (kernels != null) {
                kernels.close();
            }
            file.close();
            throw e;
        }
    }

    private static PromptEncoder encoder(String source, ModelTokenizer tokenizer) {
        return ModelPromptEncoder.of(
                tokenizer.tokenizer(),
                source,
                tokenizer.chatTemplate().orElse(null),
                tokenizer.beginOfText().orElse(null),
                tokenizer.endOfText().orElse(null));
    }

    /** @param clock nanoseconds, for the time that a request may take */
    StepLoop newStepLoop(LongSupplier clock) {
        BlockPool pool = new BlockPool(kvBlocks, KvCache.BLOCK_TOKENS, config.prefixCache());
        return new StepLoop(
                model,
                newKvCache(kvBlocks),
                new Scheduler(pool, limits.batchTokens(), limits.sequences()),
                new LogitsReader(
                        new Sampler(kernels, model.shape().vocabularySize()),
                        model.shape().vocabularySize(),
                        workers),
                new BatchBuilder(limits.batchTokens()),
                new TimeLimit(config.rowSeconds(), clock));
    }

    RequestStarter newRequestStarter() {
        return new RequestStarter(
                tokenizer, encoder, adapters, constraints, Pooling.of(file.metadata()), memory.context());
    }

    /** For one caller at a time: the step loop, or a measurement that forms its own batches. */
    Model model() {
        return model;
    }

    KvCache newKvCache(int blocks) {
        return model.shape().newKvCache(kvPrecision, blocks);
    }

    PromptEncoder encoder() {
        return encoder;
    }

    LoadedAdapters adapters() {
        return adapters;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    String provider() {
        return kernels.name();
    }

    String precision() {
        return precision.label();
    }

    String kvPrecision() {
        return kvPrecision.name().toLowerCase(Locale.ROOT);
    }

    private long kvBytesPerBlock() {
        return model.shape().kvBytesPerBlock(kvPrecision);
    }

    /** Tokens of prompt and completion of one sequence at most. */
    int maximumContext() {
        return memory.context();
    }

    int kvBlocks() {
        return kvBlocks;
    }

    StepLimits limits() {
        return limits;
    }

    private HeapRoom heapRoom(MemoryLimit limit) {
        boolean outside = KernelProvider.packsOutsideHeap(precision);
        long packed = memory.packedWeightBytes();
        HeapRoom found =
                new HeapRoom(limit, Runtime.getRuntime().maxMemory(), outside ? packed : 0, outside ? 0 : packed);
        found.requireWeights("the weights of " + file.metadata().source() + " in " + memory.precision());
        if (found.isLimited()) {
            LOG.warn(
                    "The memory of this process is limited to {} ({}), of which {} of weights outside the heap and the"
                            + " JVM leave {} of a heap of {}; keys, values and activations are sized for that. Raise"
                            + " spark.executor.memoryOverhead by {}",
                    HeapRoom.mebibytes(limit.bytes()),
                    limit.source(),
                    HeapRoom.mebibytes(found.outsideBytes()),
                    HeapRoom.mebibytes(found.bytes()),
                    HeapRoom.mebibytes(found.maximumHeap()),
                    HeapRoom.mebibytes(found.wantedLimit() - limit.bytes()));
        }
        return found;
    }

    /**
     * As many blocks as the budget holds, but not more than the sequences that may run could ever fill. One sequence of
     * the whole context must fit: a smaller limit would depend on the memory of the executor that a row meets.
     */
    private int affordableBlocks() {
        long budget = kvBudget();
        long affordable = budget / memory.blockBytes();
        if (affordable < memory.contextBlocks()) {
            throw new ConfigException("keys and values of one sequence of " + memory.context() + " tokens take "
                    + HeapRoom.mebibytes(memory.contextBytes()) + ", but engine.kv_cache_bytes allows "
                    + HeapRoom.mebibytes(budget)
                    + (config.kvCacheBytes() == 0 ? " (40% of the heap)" : "")
                    + (affordable == 0
                            ? ". Raise"
                            : ". Set engine.max_context to at most " + affordable * KvCache.BLOCK_TOKENS + ", or raise")
                    + " engine.kv_cache_bytes and the heap (-Xmx, spark.executor.memory)");
        }
        return (int) Math.min(Math.min(limits.sequences() * memory.contextBlocks(), affordable), 1 << 24);
    }

    /** Of what weights leave of the heap; one sequence may take what it may where they leave all. */
    private long kvBudget() {
        long mostBytes = memory.kvBytes(adapters.heapLeft(Runtime.getRuntime().maxMemory()));
        return Math.max(memory.kvBytes(heapBytes()), Math.min(memory.contextBytes(), mostBytes));
    }

    /** The maximum heap, without what adapters and weights take of it or make useless. */
    private long heapBytes() {
        long maximum = Runtime.getRuntime().maxMemory();
        return Math.max(0, adapters.heapLeft(maximum) - (maximum - room.bytes()));
    }

    @Override
    public void close() {
        workers.close();
        kernels.close();
        file.close();
    }
}
