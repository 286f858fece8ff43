package io.promptmill.udf.layers;

import io.promptmill.udf.kernels.Kernels;
import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864): pair {@code i} of a head turns by
 * {@code position * frequencies[i]}. Angles are taken in double precision with {@link StrictMath}, whose results are
 * the same on every machine. One step at a time; not thread-safe.
 */
public final class Rope {
    private final Compute compute;
    private final int headSize;
    private final boolean interleaved;
    private final double[] frequencies;
    private final RowTiles cosines;
    private final RowTiles sines;
    /** {@code [pairs cosines, pairs sines]} by position, filled as positions come up. */
    private float[][] byPosition = new float[0][];

    /**
     * @param interleaved pairs are neighbours {@code (2i, 2i + 1)}; else {@code (i, i + pairs)}
     * @param frequencies radians per position of each pair, {@code [pairs]}; 2 * pairs is at most the head's size
     */
    public Rope(Compute compute, int maximumRows, int headSize, boolean interleaved, double[] frequencies) {
        this.compute = compute;
        this.headSize = headSize;
        this.interleaved = interleaved;
        this.frequencies = frequencies.clone();
        this.cosines = new RowTiles(maximumRows, frequencies.length);
        this.sines = new RowTiles(maximumRows, frequencies.length);
    }

    /** The unscaled frequencies {@code base^(-2i / dimensions)} for {@code dimensions / 2} pairs. */
    public static double[] frequencies(int dimensions, double base) {
        double[] result = new double[dimensions / 2];
        Arrays.setAll(result, i -> StrictMath.pow(base, -2.0 * i / dimensions));
        return result;
    }

    /** Looks up the angles of a step's rows; before {@link #apply} is called for its layers. */
    public void prepare(StepBatch batch) {
        int pairs = frequencies.length;
        cosines.resize(batch.rows());
        sines.resize(batch.rows());
        for (int row = 0; row < batch.rows(); row++) {
            float[] angles = angles(batch.positions()[row]);
            cosines.writeRow(row, 0, pairs, angles, 0);
            sines.writeRow(row, 0, pairs, angles, pairs);
        }
    }

    /** Turns queries {@code [rows x heads * headSize]} and keys {@code [rows x kvHeads * headSize]} in place. */
    public void apply(RowTiles queries, RowTiles keys) {
        int step = interleaved ? 2 : 1;
        int gap = interleaved ? 1 : frequencies.length;
        Kernels kernels = compute.kernels();
        compute.workers().run(queries.tiles(), t -> {
            kernels.rotate(queries, headSize, step, gap, cosines, sines, t, t + 1);
            kernels.rotate(keys, headSize, step, gap, cosines, sines, t, t + 1);
        });
    }

    private float[] angles(int position) {
        if (position >= byPosition.length) {
            byPosition = Arrays.copyOf(byPosition, Math.max(position + 1, byPosition.length * 2));
        }
        float[] angles = byPosition[position];
        if (angles == null) {
            int pairs = frequencies.length;
            angles = new float[2 * pairs];
            for (int i = 0; i < pairs; i++) {
                angles[i] = (float) StrictMath.cos(position * frequencies[i]);
                angles[pairs + i] = (float) StrictMath.sin(position * frequencies[i]);
            }
            byPosition[position] = angles;
        }
        return angles;
    }
}
