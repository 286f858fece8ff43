package io.promptmill.udf.kernels;

import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.tensor.RowTiles;

/** A provider of matrix products that leaves everything else to a Java one. */
abstract class DelegatingKernels implements Kernels {
    private final JavaKernels java;

    DelegatingKernels(JavaKernels java) {
        this.java = java;
    }

    final JavaKernels java() {
        return java;
    }

    @Override
    public final void gather(Matrix table, int[] ids, RowTiles output, int from, int to) {
        java.gather(table, ids, output, from, to);
    }

    @Override
    public final void largest(RowTiles values, int tile, int[] largest, int offset) {
        java.largest(values, tile, largest, offset);
    }

    @Override
    public final void rotate(
            RowTiles values,
            int headSize,
            int first,
            int pairStep,
            int pairGap,
            RowTiles cosines,
            RowTiles sines,
            int fromTile,
            int toTile) {
        java.rotate(values, headSize, first, pairStep, pairGap, cosines, sines, fromTile, toTile);
    }

    @Override
    public final void toHalves(float[] source, int sourceOffset, short[] target, int targetOffset, int count) {
        java.toHalves(source, sourceOffset, target, targetOffset, count);
    }

    @Override
    public final void fromHalves(short[] source, int sourceOffset, float[] target, int targetOffset, int count) {
        java.fromHalves(source, sourceOffset, target, targetOffset, count);
    }

    @Override
    public final AttentionKernels attention() {
        return java.attention();
    }

    @Override
    public final NormKernels norms() {
        return java.norms();
    }

    @Override
    public final ElementKernels elements() {
        return java.elements();
    }

    @Override
    public final LowRankKernels lowRank() {
        return java.lowRank();
    }

    @Override
    public final Kernels exact() {
        return java;
    }
}
