package io.promptmill.udf.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.kernels.KernelProvider;
import io.promptmill.udf.kernels.WorkerPool;
import io.promptmill.udf.layers.ExpertRouter.Gating;
import io.promptmill.udf.layers.ExpertRouter.Routing;
import io.promptmill.udf.tensor.DenseMatrix;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Experts against a plain computation in double precision, row by row. */
class MixtureOfExpertsTest {
    private static final int WIDTH = 20;
    private static final int HIDDEN = 9;

    private final WorkerPool workers = new WorkerPool(2, "experts-test");
    private final Compute compute = new Compute(KernelProvider.get(), workers);
    private final Random random = new Random(4);

    private float[][][] gate;
    private float[][][] up;
    private float[][][] down;
    private float[][] router;
    private float[] choiceBias;

    @AfterEach
    void close() {
        workers.close();
    }

    @ParameterizedTest
    @CsvSource({
        "8,2,SOFTMAX,true,1,1,1,false", "8,2,SOFTMAX,false,1,1,1,false", "6,3,SIGMOID,true,2.5,1,1,true",
        "16,4,SIGMOID,true,1.5,4,2,true", "12,2,SOFTMAX,false,1,3,1,false", "4,2,SOFTMAX_OF_CHOSEN,false,1,1,1,false",
        "5,5,SOFTMAX,true,1,1,1,false", "40,1,SIGMOID,false,1,1,1,false"
    })
    void followTheFormula(
            int experts,
            int used,
            Gating gating,
            boolean normalized,
            float scale,
            int groups,
            int usedGroups,
            boolean biased) {
        fill(experts, biased);
        Routing routing = new Routing(experts, used, gating, normalized, scale, groups, usedGroups);
        MixtureOfExperts mixture = mixture(routing);
        for (int rows : new int[] {1, 16, 37, 5}) {
            RowTiles input = randomTiles(rows);
            RowTiles output = new RowTiles(rows, WIDTH);
            mixture.apply(input, output);
            for (int row = 0; row < rows; row++) {
                double[] expected = exact(input, row, routing);
                for (int f = 0; f < WIDTH; f++) {
                    assertEquals(expected[f], output.data()[output.index(row, f)], 2e-5, "row " + row);
                }
            }
            // The input's place may be the output's.
            mixture.apply(input, input);
            for (int row = 0; row < rows; row++) {
                for (int f = 0; f < WIDTH; f++) {
                    assertEquals(output.data()[output.index(row, f)], input.data()[input.index(row, f)]);
                }
            }
        }
    }

    @Test
    void groupsBeginWithATileAndHoldEachAssignmentOnce() {
        ExpertGroups groups = new ExpertGroups(7, 100);
        int[] chosen = IntStream.range(0, 100).map(i -> i % 5 == 0 ? 3 : i % 7).toArray();
        for (int assignments : new int[] {100, 1, 0, 33}) {
            groups.form(chosen, assignments);
            boolean[] seen = new boolean[100];
            for (int group = 0; group < groups.count(); group++) {
                assertEquals(0, groups.start(group) % RowTiles.LANES);
                assertTrue(groups.end(group) > groups.start(group));
                for (int place = groups.start(group); place < groups.end(group); place++) {
                    int assignment = groups.assignment(place);
                    assertEquals(groups.expert(group), chosen[assignment]);
                    assertEquals(place, groups.place(assignment));
                    assertTrue(!seen[assignment]);
                    seen[assignment] = true;
                }
            }
            boolean[] expected = new boolean[100];
            Arrays.fill(expected, 0, assignments, true);
            assertArrayEquals(expected, seen);
            assertTrue(groups.places() <= groups.maximumPlaces());
        }
    }

    private void fill(int experts, boolean biased) {
        gate = random(experts, HIDDEN, WIDTH);
        up = random(experts, HIDDEN, WIDTH);
        down = random(experts, WIDTH, HIDDEN);
        router = random(1, experts, WIDTH)[0];
        choiceBias = biased ? random(1, 1, experts)[0][0] : null;
    }

    private MixtureOfExperts mixture(Routing routing) {
        ExpertRouter expertRouter = new ExpertRouter(compute, projection(router), choiceBias, routing);
        return new MixtureOfExperts(
                compute,
                expertRouter,
                Activation.SILU,
                new MixtureOfExperts.Experts(projections(gate), projections(up), projections(down)),
                new MixtureOfExperts.Scratch(37, routing.experts(), routing.used(), WIDTH, HIDDEN));
    }

    private double[] exact(RowTiles input, int row, Routing routing) {
        double[] x = new double[WIDTH];
        for (int f = 0; f < WIDTH; f++) {
            x[f] = input.data()[input.index(row, f)];
        }
        double[] scores = multiply(router, x);
        double[] weights = scores.clone();
        if (routing.gating() == Gating.SOFTMAX) {
            double sum = Arrays.stream(scores).map(Math::exp).sum();
            weights = Arrays.stream(scores).map(s -> Math.exp(s) / sum).toArray();
        } else if (routing.gating() == Gating.SIGMOID) {
            weights = Arrays.stream(scores).map(s -> 1 / (1 + Math.exp(-s))).toArray();
        }
        int[] chosen = choose(weights, routing);
        double[] shares = new double[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            shares[i] = weights[chosen[i]];
        }
        if (routing.gating() == Gating.SOFTMAX_OF_CHOSEN) {
            double sum = Arrays.stream(shares).map(Math::exp).sum();
            shares = Arrays.stream(shares).map(s -> Math.exp(s) / sum).toArray();
        }
        double total = routing.normalized() ? Arrays.stream(shares).sum() : 1;
        double[] result = new double[WIDTH];
        for (int i = 0; i < chosen.length; i++) {
            double[] g = multiply(gate[chosen[i]], x);
            double[] u = multiply(up[chosen[i]], x);
            double[] h = new double[HIDDEN];
            for (int j = 0; j < HIDDEN; j++) {
                h[j] = g[j] / (1 + Math.exp(-g[j])) * u[j];
            }
            double[] y = multiply(down[chosen[i]], h);
            for (int f = 0; f < WIDTH; f++) {
                result[f] += shares[i] / total * routing.scale() * y[f];
            }
        }
        return result;
    }

    /** The best experts of the best groups, where a group is as good as its two best together. */
    private int[] choose(double[] weights, Routing routing) {
        int size = routing.experts() / routing.groups();
        double[] candidates = new double[weights.length];
        Arrays.setAll(candidates, i -> weights[i] + (choiceBias == null ? 0 : choiceBias[i]));
        Integer[] groups = IntStream.range(0, routing.groups()).boxed().toArray(Integer[]::new);
        Arrays.sort(groups, Comparator.comparingDouble(group -> {
            double[] members = Arrays.copyOfRange(candidates, group * size, (group + 1) * size);
            Arrays.sort(members);
            return -members[size - 1] - (size > 1 ? members[size - 2] : 0);
        }));
        return Arrays.stream(groups)
                .limit(routing.usedGroups())
                .flatMap(group ->
                        IntStream.range(group * size, (group + 1) * size).boxed())
                .sorted(Comparator.comparingDouble(expert -> -candidates[expert]))
                .limit(routing.used())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static double[] multiply(float[][] matrix, double[] x) {
        return Arrays.stream(matrix)
                .mapToDouble(row -> IntStream.range(0, x.length)
                        .mapToDouble(i -> row[i] * x[i])
                        .sum())
                .toArray();
    }

    private static Projection[] projections(float[][][] matrices) {
        return Arrays.stream(matrices).map(MixtureOfExpertsTest::projection).toArray(Projection[]::new);
    }

    private static Projection projection(float[][] rows) {
        float[] values = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * rows[0].length, rows[0].length);
        }
        return new Projection(DenseMatrix.of("random", rows.length, rows[0].length, values), null);
    }

    private RowTiles randomTiles(int rows) {
        RowTiles tiles = new RowTiles(rows, WIDTH);
        for (int i = 0; i < tiles.data().length; i++) {
            tiles.data()[i] = (float) random.nextGaussian();
        }
        return tiles;
    }

    private float[][][] random(int count, int rows, int columns) {
        float[][][] all = new float[count][rows][columns];
        for (float[][] matrix : all) {
            for (float[] row : matrix) {
                for (int i = 0; i < columns; i++) {
                    row[i] = (float) random.nextGaussian() / 3;
                }
            }
        }
        return all;
    }
}
