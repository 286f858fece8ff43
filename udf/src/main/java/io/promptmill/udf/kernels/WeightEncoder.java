package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Turns stored rows of weights into the plain numbers and scales that oneDNN packs. Used by one thread. */
final class WeightEncoder {
    private static final int BLOCK = 32;

    private final Matrix matrix;
    private final WeightForm form;
    private final StoredRows rows;
    private final Conversions conversions;
    private final byte[] encoded;

    WeightEncoder(Matrix matrix, WeightForm form, JavaKernels java) {
        this.matrix = matrix;
        this.form = form;
        rows = new StoredRows(matrix, java.decoder(matrix));
        conversions = java.conversions();
        encoded = new byte[Math.toIntExact(form.weightBytes(matrix.columns()))];
    }

    /**
     * Encodes rows {@code [from, from + outputs)}.
     *
     * @param target receives the numbers in the form's type and orientation
     * @param scales {@code [groups x outputs]}; unused where the form has none
     */
    void encode(int from, int outputs, ByteBuffer target, FloatBuffer scales) {
        byte[] columns = new byte[form.isPlain() ? target.remaining() : 0];
        for (int i = 0; i < outputs; i++) {
            int row = from + i;
            int end = from + outputs;
            switch (form) {
                case INT8 ->
                    scales.put(i, conversions.quantizeRow(rows.decode(row, end), 0, matrix.columns(), encoded, 0));
                case BF16 -> encodeBf16(rows.decode(row, end));
                case BLOCKS_OF_8_BITS -> encodeBytes(rows.locate(row, end), scales, i, outputs);
                case BLOCKS_OF_4_BITS -> encodeNibbles(rows.locate(row, end), scales, i, outputs, columns);
            }
            if (!form.isPlain()) {
                target.put(encoded);
            }
        }
        target.put(columns);
    }

    private void encodeBf16(float[] values) {
        for (int i = 0; i < values.length; i++) {
            int bits = ScalarConversions.bf16(values[i]);
            encoded[2 * i] = (byte) bits;
            encoded[2 * i + 1] = (byte) (bits >>> 8);
        }
    }

    /** A block of Q8_0 is a half-precision scale and 32 bytes. */
    private void encodeBytes(int start, FloatBuffer scales, int output, int outputs) {
        for (int block = 0; block * BLOCK < matrix.columns(); block++) {
            int from = start + block * matrix.format().blockBytes();
            scales.put(block * outputs + output, HalfFloats.halfAt(rows.bytes(), from));
            System.arraycopy(rows.bytes(), from + 2, encoded, block * BLOCK, BLOCK);
        }
    }

    /**
     * A block of Q4_0 is a half-precision scale and 16 bytes; byte {@code j} holds the numbers {@code j} and
     * {@code j + 16}, each increased by 8. oneDNN's bytes hold neighbouring outputs in two's complement, the first low.
     */
    private void encodeNibbles(int start, FloatBuffer scales, int output, int outputs, byte[] columns) {
        byte[] stored = rows.bytes();
        int shift = output % 2 * 4;
        for (int block = 0; block * BLOCK < matrix.columns(); block++) {
            int from = start + block * matrix.format().blockBytes();
            scales.put(block * outputs + output, HalfFloats.halfAt(stored, from));
            for (int j = 0; j < BLOCK / 2; j++) {
                int pair = stored[from + 2 + j] ^ 0x88;
                int first = block * BLOCK + j;
                columns[(first * outputs + output) / 2] |= (byte) ((pair & 0xF) << shift);
                columns[((first + BLOCK / 2) * outputs + output) / 2] |= (byte) ((pair >>> 4 & 0xF) << shift);
            }
        }
    }
}
