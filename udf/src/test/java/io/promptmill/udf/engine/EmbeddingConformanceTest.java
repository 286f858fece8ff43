package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.Metadata;
import io.promptmill.udf.weights.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Vectors against the reference engine's logits: what that engine has multiplied with the output matrix to get them. The
 * product is made here in double precision; that of a mean of states is the mean of the logits.
 */
class EmbeddingConformanceTest {
    /** Normalised mean squared error; the larger one for models with GELU, which the reference takes from a table. */
    private static final double MAXIMUM_ERROR = 1e-9;

    private static final double MAXIMUM_ERROR_WITH_GELU = 1e-6;
    private static final List<String> WITH_GELU =
            List.of("falcon", "gemma", "gemma3", "gpt2", "gptneox", "mpt", "phi2", "starcoder2");

    /** Keys of models that change their logits after the product. */
    private static final List<String> CHANGES = List.of("logit_scale", "final_logit_softcapping");

    @TestFactory
    List<DynamicTest> statesGiveTheLogits() throws IOException {
        return ConformanceData.files("architectures", ".json").stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> run(file)))
                .toList();
    }

    private static void run(Path description) throws IOException {
        JsonNode expected = new ObjectMapper().readTree(description.toFile());
        Path path = description.resolveSibling(expected.get("model").asText());
        float[] logits =
                floats(description.resolveSibling(path.getFileName().toString().replace(".gguf", "") + ".logits.f32"));
        int[] tokens = ints(expected.get("token_ids"));
        int[] positions = ints(expected.get("logits_positions"));
        int vocabulary = expected.get("vocab_size").asInt();
        try (ModelFile file = ModelFile.open(path)) {
            Metadata metadata = file.metadata();
            String architecture = metadata.requireText("general.architecture");
            Assumptions.assumeTrue(
                    CHANGES.stream().noneMatch(key -> metadata.has(architecture + "." + key)),
                    "the logits are more than a product");
            EngineConfig config = new EngineConfig(2, 64, 8, 0, 0, true, "f32", "f32");
            Engine engine;
            try {
                engine = Engine.open(path, config);
            } catch (ModelFileException unknown) {
                Assumptions.abort(unknown.getMessage());
                return;
            }
            try (engine) {
                int width = metadata.requireInteger(architecture + ".embedding_length", 1, 1 << 20);
                double[][] output = output(file, vocabulary, width);
                double maximum = WITH_GELU.contains(architecture) ? MAXIMUM_ERROR_WITH_GELU : MAXIMUM_ERROR;
                for (int i = 0; i < positions.length; i++) {
                    int[] prefix = Arrays.copyOf(tokens, positions[i] + 1);
                    double[] found = product(output, embed(engine, prefix, Pooling.LAST));
                    double[] wanted = rows(logits, vocabulary, i);
                    assertTrue(error(wanted, found) < maximum, "position " + positions[i]);
                }
                double[] found = product(output, embed(engine, Arrays.copyOf(tokens, 2), Pooling.MEAN));
                assertTrue(error(rows(logits, vocabulary, 0, 1), found) < maximum, "the mean of two positions");
            }
        }
    }

    private static float[] embed(Engine engine, int[] tokens, Pooling pooling) {
        Embedding embedding =
                engine.embed(new EmbeddingRequest(tokens, null, pooling)).join();
        assertNull(embedding.error());
        return embedding.vector();
    }

    /** The output matrix {@code [vocabulary x (width + 1)]}, with what is added to each logit in the last column. */
    private static double[][] output(ModelFile file, int vocabulary, int width) {
        boolean own = file.tensors().containsKey("output.weight");
        Matrix matrix = file.matrix(own ? "output.weight" : "token_embd.weight", vocabulary, width);
        float[] bias = file.tensors().containsKey("output.bias")
                ? file.vector("output.bias", vocabulary)
                : new float[vocabulary];
        double[][] rows = new double[vocabulary][width + 1];
        byte[] bytes = new byte[(int) matrix.rowBytes()];
        for (int row = 0; row < vocabulary; row++) {
            matrix.readRows(row, 1, bytes);
            ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int column = 0; column < width; column++) {
                rows[row][column] = values.getFloat();
            }
            rows[row][width] = bias[row];
        }
        return rows;
    }

    private static double[] product(double[][] matrix, float[] vector) {
        double[] product = new double[matrix.length];
        for (int row = 0; row < matrix.length; row++) {
            product[row] = matrix[row][vector.length];
            for (int column = 0; column < vector.length; column++) {
                product[row] += matrix[row][column] * vector[column];
            }
        }
        return product;
    }

    /** The mean of some rows. */
    private static double[] rows(float[] logits, int vocabulary, int... rows) {
        double[] mean = new double[vocabulary];
        for (int row : rows) {
            for (int token = 0; token < vocabulary; token++) {
                mean[token] += (double) logits[row * vocabulary + token] / rows.length;
            }
        }
        return mean;
    }

    private static double error(double[] expected, double[] actual) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            size += expected[i] * expected[i];
        }
        return difference / size;
    }

    private static float[] floats(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
