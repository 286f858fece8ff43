package io.promptmill.udf.layers;

/** Keys or values of one head and block as floats: where they lie, or decoded. Of one thread. */
final class KvView {
    float[] data;
    int offset;
    private float[] decoded = new float[0];

    void point(float[] newData, int newOffset) {
        data = newData;
        offset = newOffset;
    }

    /** Points to a buffer of this view, to be filled from its start. */
    float[] pointToBuffer(int length) {
        if (decoded.length < length) {
            decoded = new float[length];
        }
        point(decoded, 0);
        return decoded;
    }
}
