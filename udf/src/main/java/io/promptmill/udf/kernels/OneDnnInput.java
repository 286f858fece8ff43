package io.promptmill.udf.kernels;

import static io.promptmill.udf.tensor.RowTiles.LANES;

import io.promptmill.udf.tensor.RowTiles;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;

/** Activations as plain rows of eight-bit numbers or bfloat16 in native memory, and the scales of the rows. */
final class OneDnnInput implements ProductInput {
    private final Precision precision;
    private final Conversions conversions;
    private final NativeMemory memory;
    private final int features;
    /** Words of four bytes that a row's numbers take, and from one row to the next. */
    private final int words;

    private final int strideWords;
    private final ThreadLocal<int[][]> scratch;
    private RowTiles activations;
    private BytePointer rows;
    private IntBuffer rowWords;
    private float[] scales = new float[0];

    /**
     * @param strideBytes from one row to the next
     */
    OneDnnInput(Precision precision, Conversions conversions, NativeMemory memory, int features, int strideBytes) {
        this.precision = precision;
        this.conversions = conversions;
        this.memory = memory;
        this.features = features;
        int perWord = precision == Precision.INT8 ? 4 : 2;
        words = (features + perWord - 1) / perWord;
        strideWords = strideBytes / Integer.BYTES;
        scratch = ThreadLocal.withInitial(() -> new int[][] {new int[words * LANES], new int[words]});
    }

    @Override
    public int begin(RowTiles input) {
        if (input.features() != features) {
            throw new IllegalArgumentException(input.features() + " features; expected " + features);
        }
        activations = input;
        // Of the buffer, not of this step: what is allocated once stays until the engine closes.
        int capacity = input.data().length / features;
        if (scales.length < capacity) {
            rows = memory.allocate((long) capacity * strideWords * Integer.BYTES);
            rowWords = rows.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
            scales = new float[capacity];
            Arrays.fill(scales, 1f);
        }
        return input.tiles();
    }

    @Override
    public void convert(int tile) {
        int[] interleaved = scratch.get()[0];
        int[] row = scratch.get()[1];
        if (precision == Precision.INT8) {
            conversions.quantizeTile(activations, tile, interleaved, scales, tile * LANES);
        } else {
            conversions.roundTile(activations, tile, interleaved);
        }
        int inUse = Math.min(LANES, activations.rows() - tile * LANES);
        for (int r = 0; r < inUse; r++) {
            for (int w = 0; w < words; w++) {
                row[w] = interleaved[w * LANES + r];
            }
            rowWords.put((tile * LANES + r) * strideWords, row);
        }
    }

    RowTiles activations() {
        return activations;
    }

    /** The plain rows from {@code row} on. */
    BytePointer rows(int row) {
        return rows.getPointer((long) row * strideWords * Integer.BYTES);
    }

    /** What results of each row are multiplied with. */
    float[] scales() {
        return scales;
    }
}
