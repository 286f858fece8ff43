package io.promptmill.udf.spark;

import io.promptmill.udf.error.RequestException;
import java.util.ArrayList;
import java.util.List;

/** What a job makes of a pooled vector. */
final class EmbeddingVector {
    private EmbeddingVector() {}

    /**
     * The first numbers of a vector, as models trained for it allow (Kusupati et al., Matryoshka Representation Learning,
     * 2022), then divided by their Euclidean length. A vector of zeros stays as it is.
     *
     * @param vector {@code [embedding]}
     * @param dimensions numbers that are kept; 0 for all
     * @throws RequestException where the vector has fewer numbers, or one that is none
     */
    static List<Float> of(float[] vector, int dimensions, boolean normalize) {
        int length = dimensions == 0 ? vector.length : dimensions;
        if (length > vector.length) {
            throw new RequestException("dimensions is " + length + ", but the model's vectors have " + vector.length
                    + " numbers; set it to " + vector.length + " or less");
        }
        double squares = 0;
        for (int i = 0; i < length; i++) {
            squares += (double) vector[i] * vector[i];
        }
        if (!Double.isFinite(squares)) {
            throw new RequestException("the model gives a vector that is not finite for this text; check the text and,"
                    + " where others fail, too, the model's file");
        }
        double scale = normalize && squares > 0 ? 1 / Math.sqrt(squares) : 1;
        List<Float> numbers = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            numbers.add((float) (vector[i] * scale));
        }
        return numbers;
    }
}
