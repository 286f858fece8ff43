package io.promptmill.udf.engine;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.Compute;
import io.promptmill.udf.model.ModelRegistry;
import io.promptmill.udf.model.ModelShape;
import io.promptmill.udf.model.ModelSize;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a model file holds and what it needs, found without computing anything.
 *
 * @param formatBytes stored bytes by block format
 * @param tokenizer kind of vocabulary and pre-tokenizer, such as {@code gpt2 (llama-bpe)}
 * @param chatTemplate source of the chat template, or null
 * @param weightBytes stored bytes of all tensors
 * @param kvBytesPerToken memory for keys and values of one token with the default settings
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
        int contextLength,
        int vocabularySize,
        Map<String, Long> formatBytes,
        String tokenizer,
        String chatTemplate,
        long weightBytes,
        long kvBytesPerToken) {

    /**
     * Opens and validates a model file as an engine would, with buffers for a single row.
     *
     * @throws io.promptmill.udf.error.ModelFileException where the model cannot be used
     */
    public static ModelSummary of(Path model) {
        try (ModelFile file = ModelFile.open(model);
                WorkerPool caller = new WorkerPool(1, "promptmill-inspect")) {
            LoraAdapter.refuse(file);
            ModelShape shape = ModelRegistry.load(
                            file, new Compute(KernelProvider.get(), caller), new ModelSize(1, 1, 1))
                    .shape();
            TokenizerFactory.create(file.metadata());
            return summary(file, shape);
        }
    }

    private static ModelSummary summary(ModelFile file, ModelShape shape) {
        Metadata metadata = file.metadata();
        Map<String, Long> formatBytes = new TreeMap<>();
        file.tensors()
                .values()
                .forEach(tensor -> formatBytes.merge(tensor.format().name(), tensor.bytes(), Long::sum));
        String vocabulary = metadata.requireText("tokenizer.ggml.model");
        return new ModelSummary(
                metadata.requireText("general.architecture"),
                metadata.text("general.name").orElse(""),
                file.tensors().values().stream().mapToLong(TensorInfo::values).sum(),
                shape.layers(),
                shape.embeddingLength(),
                shape.feedForwardLength(),
                shape.heads(),
                shape.kvHeads(),
                shape.contextLength(),
                shape.vocabularySize(),
                formatBytes,
                metadata.text("tokenizer.ggml.pre")
                        .map(pre -> vocabulary + " (" + pre + ")")
                        .orElse(vocabulary),
                metadata.text("tokenizer.chat_template").orElse(null),
                formatBytes.values().stream().mapToLong(Long::longValue).sum(),
                shape.kvBytesPerToken(PrecisionChoice.resolveKv(
                        EngineConfig.DEFAULT.kvPrecision(),
                        PrecisionChoice.resolve(EngineConfig.DEFAULT.precision(), file))));
    }
}
