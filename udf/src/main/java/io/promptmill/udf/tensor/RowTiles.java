package io.promptmill.udf.tensor;

/**
 * Activations {@code [rows x features]} of a step batch, stored feature-major in tiles of {@link #LANES} rows: the value
 * of (row, feature) lies at {@code (row / LANES * features + feature) * LANES + row % LANES}.
 *
 * <p>Sixteen rows side by side fill the widest vector register, so every kernel works on sixteen rows at once with one
 * row to a lane. No value of a row ever meets one of another row, and sums over features run in plain order: that is
 * what makes a row's result independent of the batch it was computed in and of the width of the vectors.
 *
 * <p>A buffer is allocated once for the largest batch and resized within that capacity. Lanes beyond {@link #rows()} in
 * the last tile are computed along and never read. Not thread-safe; kernels write disjoint parts.
 */
public final class RowTiles {
    /** Rows in a tile. */
    public static final int LANES = 16;

    private final int features;
    private final float[] data;
    private int rows;

    public RowTiles(int capacityRows, int features) {
        this.features = features;
        this.data = new float[Math.multiplyExact(tilesOf(capacityRows) * LANES, features)];
        this.rows = capacityRows;
    }

    /** Sets the number of rows in use, at most the capacity; the values are undefined until written. */
    public RowTiles resize(int newRows) {
        if (newRows < 0 || (long) tilesOf(newRows) * LANES * features > data.length) {
            throw new IllegalArgumentException(newRows + " rows exceed the capacity of " + data.length / features
                    + " rows of " + features + " features");
        }
        rows = newRows;
        return this;
    }

    public int rows() {
        return rows;
    }

    public int features() {
        return features;
    }

    /** Tiles in use. */
    public int tiles() {
        return tilesOf(rows);
    }

    /** The backing array. */
    public float[] data() {
        return data;
    }

    /** Index into {@link #data()} of a value. */
    public int index(int row, int feature) {
        return (row / LANES * features + feature) * LANES + row % LANES;
    }

    /** Copies features {@code [feature, feature + count)} of a row to a contiguous array. */
    public void readRow(int row, int feature, int count, float[] target, int targetOffset) {
        int source = index(row, feature);
        for (int i = 0; i < count; i++, source += LANES) {
            target[targetOffset + i] = data[source];
        }
    }

    /** The reverse of {@link #readRow}. */
    public void writeRow(int row, int feature, int count, float[] source, int sourceOffset) {
        int target = index(row, feature);
        for (int i = 0; i < count; i++, target += LANES) {
            data[target] = source[sourceOffset + i];
        }
    }

    /** Copies features {@code [feature, feature + count)} of all rows in use to others of as many rows. */
    public void copyFeatures(int feature, int count, RowTiles target, int targetFeature) {
        for (int tile = 0; tile < tiles(); tile++) {
            copyTile(tile, feature, count, target, targetFeature);
        }
    }

    /** {@link #copyFeatures} for the rows of one tile. */
    public void copyTile(int tile, int feature, int count, RowTiles target, int targetFeature) {
        int row = tile * LANES;
        System.arraycopy(data, index(row, feature), target.data, target.index(row, targetFeature), count * LANES);
    }

    private static int tilesOf(int rows) {
        return (rows + LANES - 1) / LANES;
    }
}
