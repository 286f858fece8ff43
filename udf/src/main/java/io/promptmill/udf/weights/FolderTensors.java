package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Gives the tensors of a Hugging Face folder their GGUF names, and joins those of experts. */
final class FolderTensors {
    private static final String REMEDY = ". The folder is damaged; download it again";

    private final HubConfig config;
    private final HubFamily family;
    private final boolean isTied;
    /** Parts by GGUF name and number of the expert, -1 for a tensor that is not stacked. */
    private final Map<String, SortedMap<Integer, SafetensorsTensor>> parts = new LinkedHashMap<>();

    private FolderTensors(HubConfig config, HubFamily family) {
        this.config = config;
        this.family = family;
        this.isTied = config.flag("tie_word_embeddings", false);
    }

    /**
     * The tensors that a model of {@code family} computes with, by GGUF name. The output layer of a model that shares it
     * with the token table is left out, as GGUF does.
     *
     * @throws ModelFileException where a tensor has no place in such a model, or is stored in a type that is not read
     */
    static Map<String, FolderTensor> of(Map<String, SafetensorsTensor> stored, HubConfig config, HubFamily family) {
        FolderTensors tensors = new FolderTensors(config, family);
        stored.values().forEach(tensors::place);
        Map<String, FolderTensor> named = new LinkedHashMap<>();
        tensors.parts.forEach((name, parts) -> named.put(name, tensors.join(name, parts)));
        tensors.addDerived(named);
        return Collections.unmodifiableMap(named);
    }

    private void place(SafetensorsTensor tensor) {
        if (TensorNames.isLeftOut(tensor.name())) {
            return;
        }
        TensorNames.Target target = family.names()
                .find(tensor.name())
                .orElseThrow(() -> fault(
                        tensor,
                        "has no place in architecture '" + family.architecture()
                                + "' as this engine knows it; this variant is not supported. Use another model"));
        if (isTied && target.name().startsWith("output.")) {
            return;
        }
        SafetensorsTensor before =
                parts.computeIfAbsent(target.name(), name -> new TreeMap<>()).put(target.expert(), tensor);
        if (before != null) {
            throw fault(
                    tensor, "means the same as tensor " + Quoted.of(before.name()) + "; expected one of them" + REMEDY);
        }
    }

    private FolderTensor join(String name, SortedMap<Integer, SafetensorsTensor> parts) {
        List<SafetensorsTensor> all = new ArrayList<>(parts.values());
        SafetensorsTensor first = all.get(0);
        BlockFormat format = first.type()
                .format()
                .orElseThrow(() -> fault(
                        first,
                        "is stored as " + first.type() + "; expected F32, F16 or BF16. Use the model's GGUF file, or a"
                                + " version in one of these"));
        TensorChange change = family.rule().change(config, name, first);
        List<Long> shape = shape(name, first, change);
        if (parts.firstKey() < 0) {
            return new FolderTensor(new TensorInfo(name, format, shape), all, change);
        }
        for (int expert = 0; expert < all.size(); expert++) {
            SafetensorsTensor tensor = parts.get(expert);
            if (tensor == null) {
                throw fault(first, "has no counterpart of expert " + expert + REMEDY);
            }
            if (!tensor.shape().equals(first.shape()) || tensor.type() != first.type()) {
                throw fault(
                        tensor,
                        "is " + tensor.type() + " of shape " + tensor.shape() + "; expected " + first.type()
                                + " of shape " + first.shape() + " as for the other experts" + REMEDY);
            }
        }
        List<Long> stacked = new ArrayList<>(shape);
        stacked.add(0, (long) all.size());
        return new FolderTensor(new TensorInfo(name, format, stacked), all, change);
    }

    /** The gate of a shared expert is stored as a matrix of one row, and is a vector in GGUF. */
    private static List<Long> shape(String name, SafetensorsTensor tensor, TensorChange change) {
        List<Long> shape = new ArrayList<>(tensor.shape());
        if (change.isTransposed()) {
            Collections.reverse(shape);
        }
        if (shape.size() == 2 && shape.get(0) == 1 && name.endsWith(".ffn_gate_inp_shexp.weight")) {
            shape.remove(0);
        }
        return shape;
    }

    private void addDerived(Map<String, FolderTensor> named) {
        if (family.architecture().equals("phi3")) {
            addFactors(named, "rope_factors_long.weight", HubRope.phi3Factors(config, "long_factor"));
            addFactors(named, "rope_factors_short.weight", HubRope.phi3Factors(config, "short_factor"));
        } else {
            addFactors(named, "rope_freqs.weight", HubRope.llama3Factors(config));
        }
    }

    private void addFactors(Map<String, FolderTensor> named, String name, Optional<float[]> factors) {
        factors.ifPresent(values -> {
            List<Long> shape = List.of((long) values.length);
            SafetensorsTensor tensor =
                    new SafetensorsTensor(config.source(), name, SafetensorsType.F32, shape, HeapBytes.of(values), 0);
            named.put(
                    name,
                    new FolderTensor(new TensorInfo(name, BlockFormat.F32, shape), List.of(tensor), TensorChange.NONE));
        });
    }

    private static ModelFileException fault(SafetensorsTensor tensor, String problem) {
        return new ModelFileException(tensor.source() + ": tensor " + Quoted.of(tensor.name()) + " " + problem);
    }
}
