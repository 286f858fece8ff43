package io.promptmill.udf.layers;

/** A layer of a decoder: takes in the residual stream and adds to it. Of one step at a time. */
public interface DecoderLayer {

    /** Computes the layer for a step that has been {@link LayerStep#at} it. */
    void apply(LayerStep step);
}
