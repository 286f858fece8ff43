package io.promptmill.udf.layers;

/** How keys and values are stored; sums over them are single precision either way. */
public enum KvPrecision {
    F32(Float.BYTES),
    /** IEEE 754 binary16, rounded to nearest even; numbers beyond its range become its largest. */
    F16(Short.BYTES);

    private final int bytes;

    KvPrecision(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of a number. */
    int bytes() {
        return bytes;
    }
}
