package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Turns stored rows of weights into the plain numbers and scales that oneDNN packs. Used by one thread. */
final class WeightEncoder {
    private static final int BLOCK = 32;
    /** Rows of eight-bit numbers that are interleaved at a time, one in each byte of a word. */
    private static final int INTERLEAVED = Long.BYTES;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Matrix matrix;
    private final WeightForm form;
    private final StoredRows rows;
    private final Conversions conversions;

    WeightEncoder(Matrix matrix, WeightForm form, JavaKernels java) {
        this.matrix = matrix;
        this.form = form;
        rows = new StoredRows(matrix, java.decoder(matrix));
        conversions = java.conversions();
    }

    /**
     * Encodes rows {@code [from, from + outputs)}.
     *
     * @param scales {@code [groups x outputs]}; unused where the form has none
     * @return the numbers in the form's type and orientation
     */
    byte[] encode(int from, int outputs, FloatBuffer scales) {
        int columns = matrix.columns();
        byte[] target = new byte[Math.toIntExact(form.weightBytes((long) outputs * columns))];
        int rowBytes = target.length / outputs;
        byte[] interleaved = new byte[form == WeightForm.INT8 ? INTERLEAVED * columns : 0];
        for (int i = 0; i < outputs; i++) {
            int row = from + i;
            int end = from + outputs;
            switch (form) {
                case INT8 -> {
                    int at = i % INTERLEAVED * columns;
                    scales.put(i, conversions.quantizeRow(rows.decode(row, end), 0, columns, interleaved, at));
                    if (i % INTERLEAVED == INTERLEAVED - 1 || i == outputs - 1) {
                        interleave(interleaved, i / INTERLEAVED * INTERLEAVED, i + 1, target, outputs);
                    }
                }
                case BF16 -> encodeBf16(rows.decode(row, end), target, i * rowBytes);
                case BLOCKS_OF_8_BITS -> encodeBytes(rows.locate(row, end), scales, i, outputs, target, i * rowBytes);
                case BLOCKS_OF_4_BITS -> encodeNibbles(rows.locate(row, end), scales, i, outputs, target);
            }
        }
        return target;
    }

    /** Writes rows {@code [from, to)}, at most eight, to their columns of {@code target [columns x outputs]}. */
    private void interleave(byte[] source, int from, int to, byte[] target, int outputs) {
        int columns = matrix.columns();
        if (to - from == INTERLEAVED) {
            for (int k = 0; k < columns; k++) {
                long word = 0;
                for (int i = 0; i < INTERLEAVED; i++) {
                    word |= (source[i * columns + k] & 0xFFL) << 8 * i;
                }
                LONGS.set(target, k * outputs + from, word);
            }
        } else {
            for (int i = from; i < to; i++) {
                for (int k = 0; k < columns; k++) {
                    target[k * outputs + i] = source[(i - from) * columns + k];
                }
            }
        }
    }

    private static void encodeBf16(float[] values, byte[] target, int to) {
        for (int i = 0; i < values.length; i++) {
            int bits = ScalarConversions.bf16(values[i]);
            target[to + 2 * i] = (byte) bits;
            target[to + 2 * i + 1] = (byte) (bits >>> 8);
        }
    }

    /** A block of Q8_0 is a half-precision scale and 32 bytes. */
    private void encodeBytes(int start, FloatBuffer scales, int output, int outputs, byte[] target, int to) {
        for (int block = 0; block * BLOCK < matrix.columns(); block++) {
            int from = start + block * matrix.format().blockBytes();
            scales.put(block * outputs + output, HalfFloats.halfAt(rows.bytes(), from));
            System.arraycopy(rows.bytes(), from + 2, target, to + block * BLOCK, BLOCK);
        }
    }

    /**
     * A block of Q4_0 is a half-precision scale and 16 bytes; byte {@code j} holds the numbers {@code j} and
     * {@code j + 16}, each increased by 8. oneDNN's bytes hold neighbouring outputs in two's complement, the first low.
     */
    private void encodeNibbles(int start, FloatBuffer scales, int output, int outputs, byte[] target) {
        byte[] stored = rows.bytes();
        int shift = output % 2 * 4;
        for (int block = 0; block * BLOCK < matrix.columns(); block++) {
            int from = start + block * matrix.format().blockBytes();
            scales.put(block * outputs + output, HalfFloats.halfAt(stored, from));
            for (int j = 0; j < BLOCK / 2; j++) {
                int pair = stored[from + 2 + j] ^ 0x88;
                int first = block * BLOCK + j;
                target[(first * outputs + output) / 2] |= (byte) ((pair & 0xF) << shift);
                target[((first + BLOCK / 2) * outputs + output) / 2] |= (byte) ((pair >>> 4 & 0xF) << shift);
            }
        }
    }
}
