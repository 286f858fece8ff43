package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An adapter as PEFT saves it (huggingface/peft, {@code utils/save_and_load.py}): {@code adapter_config.json} and
 * {@code adapter_model.safetensors}, whose tensors are named by the modules of Hugging Face transformers. They get the
 * names and the order of rows that the model has here, whatever it is read from.
 */
final class PeftFolder implements LoraAdapter {
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final String PICKLE = "adapter_model.bin";
    private static final Pattern NAME =
            Pattern.compile("base_model\\.model\\.(.{1,400})\\.lora_(A|B)(?:\\.default)?\\.weight");

    private final Path folder;
    private final PeftSettings settings;
    private final MappedBytes bytes;
    private final Map<String, SafetensorsTensor> stored;
    /** By module. */
    private final Map<String, LowRankPairs.Pair> pairs;

    private PeftFolder(Path folder, PeftSettings settings, MappedBytes bytes) {
        this.folder = folder;
        this.settings = settings;
        this.bytes = bytes;
        stored = SafetensorsHeader.read(folder.resolve(WEIGHTS).toString(), bytes);
        LowRankPairs found = new LowRankPairs(source());
        stored.values().forEach(tensor -> {
            Matcher name = NAME.matcher(tensor.name());
            if (!name.matches()) {
                throw new ModelFileException(source() + ": tensor " + Quoted.of(tensor.name())
                        + " is neither A nor B of a linear layer, which is not supported; expected names such as"
                        + " base_model.model.MODULE.lora_A.weight. Use a plain LoRA adapter");
            }
            if (name.group(2).equals("A")) {
                found.down(name.group(1), info(tensor));
            } else {
                found.up(name.group(1), info(tensor));
            }
        });
        pairs = found.complete();
        pairs.forEach((module, pair) -> settings.checkRank(pair.down().name(), module, pair.rank()));
    }

    static boolean isAdapter(Path folder) {
        return Files.exists(folder.resolve(FOLDER_CONFIG));
    }

    static PeftFolder open(Path folder) {
        PeftSettings settings = PeftSettings.read(folder);
        Path weights = folder.resolve(WEIGHTS);
        if (!Files.exists(weights)) {
            throw new ModelFileException(weights + ": no such file"
                    + (Files.exists(folder.resolve(PICKLE))
                            ? "; " + PICKLE + " is a pickle, which can run code and is never opened. Use a version of"
                                    + " the adapter in safetensors"
                            : ". An adapter folder needs it; download it too"));
        }
        MappedBytes bytes = MappedBytes.open(weights, MappedBytes.WINDOW_BYTES);
        try {
            return new PeftFolder(folder, settings, bytes);
        } catch (RuntimeException | Error failure) {
            bytes.close();
            throw failure;
        }
    }

    private TensorInfo info(SafetensorsTensor tensor) {
        BlockFormat format = tensor.type()
                .format()
                .orElseThrow(() -> new ModelFileException(source() + ": tensor " + Quoted.of(tensor.name())
                        + " is stored as " + tensor.type() + "; expected F32, F16 or BF16. Save the adapter in one of"
                        + " these"));
        return new TensorInfo(tensor.name(), format, tensor.shape());
    }

    @Override
    public String source() {
        return folder.toString();
    }

    @Override
    public LoraSummary summary() {
        return LoraSummary.of(null, settings.base().orElse(null), pairs);
    }

    @Override
    public Map<String, LowRankTensors> tensors(ModelFile base) {
        PeftTargets targets = new PeftTargets(base);
        Map<String, LowRankTensors> tensors = new LinkedHashMap<>();
        pairs.forEach((module, pair) -> {
            String name = targets.name(source(), module);
            LowRankPairs.check(source(), name, pair, base);
            int outputs = Math.toIntExact(pair.outputs());
            Matrix down = matrix(pair.down(), pair.rank(), Math.toIntExact(pair.inputs()), null);
            Matrix up = matrix(
                    pair.up(),
                    outputs,
                    pair.rank(),
                    targets.order(name, base.tensors().get(name)));
            LowRankTensors before =
                    tensors.put(name, new LowRankTensors(down, up, settings.scale(module, pair.rank())));
            if (before != null) {
                throw new ModelFileException(
                        source() + ": tensors " + Quoted.of(before.down().name()) + " and "
                                + Quoted.of(down.name()) + " mean the same; expected one of them."
                                + " The adapter is damaged; download it again");
            }
        });
        return tensors;
    }

    private Matrix matrix(TensorInfo info, int rows, int columns, RowOrder order) {
        SafetensorsTensor tensor = stored.get(info.name());
        if (order == null) {
            return new Matrix(info.name(), info.format(), rows, columns, tensor.storage(), tensor.offset());
        }
        ByteStorage view = new RowView(
                tensor.storage(), tensor.offset(), rows, info.format().bytesOf(columns), order);
        return new Matrix(info.name(), info.format(), rows, columns, view, 0);
    }

    @Override
    public void close() {
        bytes.close();
    }
}
