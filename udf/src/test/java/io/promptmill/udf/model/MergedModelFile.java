package io.promptmill.udf.model;

import io.promptmill.udf.kernels.DecodedMatrix;
import io.promptmill.udf.tensor.DenseMatrix;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.LowRankTensors;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import io.promptmill.udf.weights.TensorInfo;
import java.util.Map;

/** A model whose matrices have taken in what an adapter adds, in double precision. */
record MergedModelFile(ModelFile base, Map<String, LowRankTensors> tensorsAdded) implements ModelFile {
    @Override
    public Metadata metadata() {
        return base.metadata();
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return base.tensors();
    }

    @Override
    public Matrix matrix(String name, int rows, int columns) {
        Matrix matrix = base.matrix(name, rows, columns);
        LowRankTensors added = tensorsAdded.get(name);
        if (added == null) {
            return matrix;
        }
        float[] values = DecodedMatrix.values(matrix);
        float[] down = DecodedMatrix.values(added.down());
        float[] up = DecodedMatrix.values(added.up());
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                double sum = 0;
                for (int j = 0; j < added.rank(); j++) {
                    sum += (double) up[row * added.rank() + j] * down[j * columns + column];
                }
                values[row * columns + column] += (float) (added.scale() * sum);
            }
        }
        return DenseMatrix.of(name, rows, columns, values);
    }

    @Override
    public Matrix[] matrices(String name, int count, int rows, int columns) {
        return base.matrices(name, count, rows, columns);
    }

    @Override
    public float[] vector(String name, int length) {
        return base.vector(name, length);
    }

    @Override
    public void close() {
        base.close();
    }
}
