package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.Matrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decoded values against those that the format's own project decodes, bit for bit. */
final class ConformanceQuantsDecodeTest {
    private static final int SHOWN = 64;

    @Test
    void decodesEveryFormatAsItsAuthorsDo() throws IOException {
        List<Path> expectations = ConformanceData.files("quants", ".json");
        assumeFalse(expectations.isEmpty(), "no conformance data for quants");
        int checked = 0;
        int formats = 0;
        for (Path expectation : expectations) {
            JsonNode root = new ObjectMapper().readTree(expectation.toFile());
            if (!root.has("dequantized")) {
                continue;
            }
            Path model = expectation.resolveSibling(root.get("model").asText());
            try (GgufFile file = GgufFile.open(model)) {
                checked += check(file, root.get("dequantized"), model);
                formats++;
            }
        }
        assertTrue(formats > 0, "no expectations in " + expectations);
        System.out.printf("quants: %d values of %d files equal bit for bit%n", checked, formats);
    }

    private static int check(GgufFile file, JsonNode expected, Path model) {
        String name = expected.get("tensor").asText();
        List<Long> shape = file.tensors().get(name).shape();
        int rows = shape.get(0).intValue();
        int columns = shape.get(1).intValue();
        Matrix matrix = file.matrix(name, rows, columns);
        byte[] blocks = new byte[(int) matrix.rowBytes()];
        float[] values = new float[columns];
        double sumOfSquares = 0;
        int checked = 0;
        for (int row = 0; row < rows; row++) {
            matrix.readBlocks(row, 0, columns, blocks, 0);
            ScalarBlockDecoders.of(matrix.format()).decode(blocks, 0, values, 0, columns);
            for (float value : values) {
                sumOfSquares += (double) value * value;
            }
            if (row == 0) {
                checked += compare(expected.get("first_row_first_64"), values, 0, model + " first row");
            }
            if (row == rows - 1) {
                checked += compare(expected.get("last_row_last_64"), values, columns - SHOWN, model + " last row");
            }
        }
        double sum = expected.get("sum_of_squares").asDouble();
        // The reference may sum in another order.
        assertEquals(sum, sumOfSquares, 1e-12 * sum, model + " sum of squares");
        return checked;
    }

    private static int compare(JsonNode expected, float[] values, int from, String what) {
        assertEquals(SHOWN, expected.size(), what);
        for (int index = 0; index < SHOWN; index++) {
            float value = (float) expected.get(index).asDouble();
            assertEquals(value, values[from + index], what + ", value " + index);
        }
        return SHOWN;
    }
}
