package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An adapter in a GGUF file, as llama.cpp's {@code convert_lora_to_gguf.py} writes it: {@code general.type} is
 * {@code adapter}, {@code adapter.type} is {@code lora}, and to the matrix NAME belong the tensors {@code NAME.lora_a} and
 * {@code NAME.lora_b}. Rows are in the order of the model's GGUF file already.
 */
final class GgufLora implements LoraAdapter {
    private static final String DOWN = ".lora_a";
    private static final String UP = ".lora_b";
    private static final String ALPHA = "adapter.lora.alpha";

    private final GgufFile file;
    private final double alpha;
    private final Map<String, LowRankPairs.Pair> pairs;

    private GgufLora(GgufFile file) {
        this.file = file;
        Metadata metadata = file.metadata();
        expect("general.type", "adapter");
        expect("adapter.type", "lora");
        if (metadata.has("adapter.alora.invocation_tokens")) {
            throw new ModelFileException(source() + ": key 'adapter.alora.invocation_tokens' says that it acts from"
                    + " certain tokens on (aLoRA), which is not supported. Use a LoRA adapter");
        }
        alpha = metadata.has(ALPHA) ? metadata.requireNumber(ALPHA) : 0;
        LowRankPairs found = new LowRankPairs(source());
        file.tensors().forEach((name, tensor) -> {
            if (name.endsWith(DOWN)) {
                found.down(name.substring(0, name.length() - DOWN.length()), tensor);
            } else if (name.endsWith(UP)) {
                found.up(name.substring(0, name.length() - UP.length()), tensor);
            } else {
                throw new ModelFileException(source() + ": tensor " + Quoted.of(name) + " is neither " + DOWN + " nor "
                        + UP + "; other additions, such as to norms, are not supported. Use a plain LoRA adapter");
            }
        });
        pairs = found.complete();
    }

    static GgufLora open(Path path) {
        GgufFile file = GgufFile.open(path);
        try {
            return new GgufLora(file);
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    static boolean isAdapter(ModelFile file) {
        return file.metadata().text("general.type").filter("adapter"::equals).isPresent();
    }

    private void expect(String key, String expected) {
        String value = file.metadata().text(key).orElse(null);
        if (!expected.equals(value)) {
            throw new ModelFileException(source() + ": key '" + key + "' is "
                    + (value == null ? "missing" : Quoted.of(value)) + "; expected '" + expected
                    + "'. Give a LoRA adapter: a GGUF file that convert_lora_to_gguf.py made, or a PEFT folder");
        }
    }

    @Override
    public String source() {
        return file.metadata().source();
    }

    @Override
    public LoraSummary summary() {
        Metadata metadata = file.metadata();
        return LoraSummary.of(
                metadata.text("general.architecture").orElse(null),
                metadata.text("general.base_model.0.name").orElse(null),
                pairs);
    }

    /** {@inheritDoc} Without an alpha, or with one of 0, the scale is 1, as in llama.cpp. */
    @Override
    public Map<String, LowRankTensors> tensors(ModelFile base) {
        String expected = base.metadata().requireText("general.architecture");
        String architecture = file.metadata().requireText("general.architecture");
        if (!architecture.equals(expected)) {
            throw new ModelFileException(
                    source() + ": key 'general.architecture' is " + Quoted.of(architecture) + "; expected '" + expected
                            + "', that of " + base.metadata().source() + OTHER_MODEL);
        }
        Map<String, LowRankTensors> tensors = new LinkedHashMap<>();
        pairs.forEach((target, pair) -> {
            LowRankPairs.check(source(), target, pair, base);
            tensors.put(
                    target,
                    new LowRankTensors(
                            file.matrix(pair.down().name(), pair.rank(), Math.toIntExact(pair.inputs())),
                            file.matrix(pair.up().name(), Math.toIntExact(pair.outputs()), pair.rank()),
                            alpha == 0 ? 1 : alpha / pair.rank()));
        });
        return tensors;
    }

    @Override
    public void close() {
        file.close();
    }
}
