package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.Precision;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.layers.KvPrecision;
import io.promptmill.udf.model.ModelRegistry;
import io.promptmill.udf.model.ModelShape;
import io.promptmill.udf.model.ModelSize;
import io.promptmill.udf.tokenizer.ModelTokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a model file holds and what it needs, found without computing anything.
 *
 * @param formatBytes stored bytes by block format
 * @param tokenizer kind of vocabulary and pre-tokenizer, such as {@code gpt2 (llama-bpe)} or {@code tokenizer.json (BPE)}
 * @param chatTemplate source of the chat template, or null
 * @param weightBytes stored bytes of all tensors
 * @param precision that products are computed in with the default settings
 * @param packedWeightBytes memory outside the heap for weights packed for that precision; 0 where they stay in the file
 * @param kvPrecision that keys and values are kept in with the default settings
 * @param kvBytesPerToken memory for keys and values of one token in that precision
 * @param activationBytesPerToken memory for a token of a step
 * @param logitBytesPerSequence memory for a sequence of a step
 */
public record ModelSummary(
        String architecture,
        String name,
        long parameters,
        int layers,
        int embeddingLength,
        int feedForwardLength,
        int heads,
        int kvHeads,
        ModelShape.Experts experts,
        int contextLength,
        int vocabularySize,
        Map<String, Long> formatBytes,
        String tokenizer,
        String chatTemplate,
        long weightBytes,
        String precision,
        long packedWeightBytes,
        String kvPrecision,
        long kvBytesPerToken,
        long activationBytesPerToken,
        long logitBytesPerSequence) {

    /**
     * Opens and validates a model file as an engine would, with buffers for a single row.
     *
     * @throws io.promptmill.udf.error.ModelFileException where the model cannot be used
     */
    public static ModelSummary of(Path model) {
        try (ModelFile file = ModelFile.open(model);
                WorkerPool caller = new WorkerPool(1, "promptmill-inspect")) {
            LoraAdapter.refuse(file);
            ModelTokenizer tokenizer = TokenizerFactory.open(file);
            ModelSize least = new ModelSize(1, 1, 1, tokenizer.tokenizer().vocabularySize());
            ModelShape shape = ModelRegistry.load(file, new Compute(KernelProvider.get(), caller), least)
                    .shape();
            return summary(file, shape, tokenizer);
        }
    }

    private static ModelSummary summary(ModelFile file, ModelShape shape, ModelTokenizer tokenizer) {
        Metadata metadata = file.metadata();
        Precision precision = PrecisionChoice.resolve(EngineConfig.DEFAULT.precision(), file);
        KvPrecision kvPrecision = PrecisionChoice.resolveKv(EngineConfig.DEFAULT.kvPrecision(), precision);
        Map<String, Long> formatBytes = new TreeMap<>();
        file.tensors()
                .values()
                .forEach(tensor -> formatBytes.merge(tensor.format().name(), tensor.bytes(), Long::sum));
        return new ModelSummary(
                metadata.requireText("general.architecture"),
                metadata.text("general.name").orElse(""),
                file.tensors().values().stream().mapToLong(TensorInfo::values).sum(),
                shape.layers(),
                shape.embeddingLength(),
                shape.feedForwardLength(),
                shape.heads(),
                shape.kvHeads(),
                shape.experts(),
                shape.contextLength(),
                shape.vocabularySize(),
                formatBytes,
                tokenizer.kind(),
                tokenizer.chatTemplate().orElse(null),
                formatBytes.values().stream().mapToLong(Long::longValue).sum(),
                precision.label(),
                WeightMemory.packedBytes(file, precision),
                kvPrecision.name().toLowerCase(Locale.ROOT),
                shape.kvBytesPerToken(kvPrecision),
                shape.activationBytesPerRow(),
                shape.activationBytesPerOutput());
    }
}
