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
    private final int first;
    private final boolean interleaved;
    private final float amplitude;
    private final double[] frequencies;
    private final RowTiles cosines;
    private final RowTiles sines;
    /** {@code [pairs cosines, pairs sines]} by position, filled as positions come up. */
    private float[][] byPosition = new float[0][];

    /**
     * @param first feature of a head that turns; those before it, and those behind the last pair, stay
     * @param interleaved pairs are neighbours {@code (2i, 2i + 1)}; else {@code (i, i + pairs)}
     * @param angles of which 2 * pairs is at most the head's size
     */
    public Rope(Compute compute, int maximumRows, int headSize, int first, boolean interleaved, RopeAngles angles) {
        this.compute = compute;
        this.headSize = headSize;
        this.first = first;
        this.interleaved = interleaved;
        this.frequencies = angles.frequencies();
        this.amplitude = angles.amplitude();
        this.cosines = new RowTiles(maximumRows, frequencies.length);
        this.sines = new RowTiles(maximumRows, frequencies.length);
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
            kernels.rotate(queries, headSize, first, step, gap, cosines, sines, t, t + 1);
            kernels.rotate(keys, headSize, first, step, gap, cosines, sines, t, t + 1);
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
                angles[i] = (float) (amplitude * StrictMath.cos(position * frequencies[i]));
                angles[pairs + i] = (float) (amplitude * StrictMath.sin(position * frequencies[i]));
            }
            byPosition[position] = angles;
        }
        return angles;
    }
}
