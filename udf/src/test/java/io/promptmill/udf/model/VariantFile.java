package io.promptmill.udf.model;

import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.DenseMatrix;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A model file with other keys and tensors than the one it is made from. */
final class VariantFile implements ModelFile {
    private final ModelFile file;
    private final Metadata metadata;
    private final Map<String, Tensor> added = new LinkedHashMap<>();
    private final List<String> removed;

    private record Tensor(List<Long> shape, float[] values) {}

    VariantFile(ModelFile file, Metadata metadata, List<String> removed) {
        this.file = file;
        this.metadata = metadata;
        this.removed = removed;
    }

    VariantFile add(String name, float[] values, long... shape) {
        added.put(name, new Tensor(Arrays.stream(shape).boxed().toList(), values));
        return this;
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        Map<String, TensorInfo> all = file.tensors().entrySet().stream()
                .filter(entry -> !removed.contains(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        added.forEach((name, tensor) -> all.put(name, new TensorInfo(name, BlockFormat.F32, tensor.shape())));
        return all;
    }

    @Override
    public Matrix matrix(String name, int rows, int columns) {
        Tensor tensor = added.get(name);
        return tensor == null ? file.matrix(name, rows, columns) : DenseMatrix.of(name, rows, columns, tensor.values());
    }

    @Override
    public Matrix[] matrices(String name, int count, int rows, int columns) {
        Tensor tensor = added.get(name);
        if (tensor == null) {
            return file.matrices(name, count, rows, columns);
        }
        Matrix[] parts = new Matrix[count];
        int length = rows * columns;
        for (int i = 0; i < count; i++) {
            parts[i] = DenseMatrix.of(
                    name, rows, columns, Arrays.copyOfRange(tensor.values(), i * length, (i + 1) * length));
        }
        return parts;
    }

    @Override
    public float[] vector(String name, int length) {
        Tensor tensor = added.get(name);
        return tensor == null ? file.vector(name, length) : tensor.values();
    }

    @Override
    public void close() {
        file.close();
    }
}
