package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.BlockFormat;
import java.util.Arrays;
import java.util.Optional;

/**
 * Element types of safetensors files, those that this engine does not read included, so that a refusal can name them and
 * their lengths can be checked. Source: huggingface/safetensors, {@code safetensors/src/tensor.rs}, {@code enum Dtype}.
 */
enum SafetensorsType {
    F32(32, BlockFormat.F32),
    F16(16, BlockFormat.F16),
    BF16(16, BlockFormat.BF16),
    F64(64, null),
    C64(64, null),
    I64(64, null),
    U64(64, null),
    I32(32, null),
    U32(32, null),
    I16(16, null),
    U16(16, null),
    I8(8, null),
    U8(8, null),
    BOOL(8, null),
    F8_E5M2(8, null),
    F8_E4M3(8, null),
    F8_E5M2FNUZ(8, null),
    F8_E4M3FNUZ(8, null),
    F8_E8M0(8, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    F4(4, null);

    private final int bits;
    private final BlockFormat format;

    SafetensorsType(int bits, BlockFormat format) {
        this.bits = bits;
        this.format = format;
    }

    static Optional<SafetensorsType> find(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** Bits of an element. */
    int bits() {
        return bits;
    }

    /** The format that holds the same bytes, where this engine reads such weights. */
    Optional<BlockFormat> format() {
        return Optional.ofNullable(format);
    }
}
