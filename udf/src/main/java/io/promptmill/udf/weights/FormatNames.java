package io.promptmill.udf.weights;

import io.promptmill.udf.tensor.BlockFormat;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Block formats by their numeric id, those that this engine does not read included, so that a refusal can name them.
 * Source of the ids: ggml-org/ggml, {@code include/ggml.h}, {@code enum ggml_type}.
 */
final class FormatNames {
    private static final Map<Integer, BlockFormat> SUPPORTED =
            Arrays.stream(BlockFormat.values()).collect(Collectors.toMap(BlockFormat::ggufId, format -> format));

    private static final Map<Integer, String> OTHERS = Map.ofEntries(
            Map.entry(4, "Q4_2, removed from GGUF"),
            Map.entry(5, "Q4_3, removed from GGUF"),
            Map.entry(9, "Q8_1"),
            Map.entry(15, "Q8_K"),
            Map.entry(24, "I8"),
            Map.entry(25, "I16"),
            Map.entry(26, "I32"),
            Map.entry(27, "I64"),
            Map.entry(28, "F64"),
            Map.entry(31, "Q4_0_4_4, removed from GGUF"),
            Map.entry(32, "Q4_0_4_8, removed from GGUF"),
            Map.entry(33, "Q4_0_8_8, removed from GGUF"),
            Map.entry(36, "IQ4_NL_4_4, removed from GGUF"),
            Map.entry(37, "IQ4_NL_4_8, removed from GGUF"),
            Map.entry(38, "IQ4_NL_8_8, removed from GGUF"));

    private FormatNames() {}

    /** The format with that id, where this engine reads it. */
    static Optional<BlockFormat> find(int ggufId) {
        return Optional.ofNullable(SUPPORTED.get(ggufId));
    }

    /** The id with its name, where it has one. */
    static String describe(int ggufId) {
        String name = OTHERS.get(ggufId);
        return Integer.toUnsignedString(ggufId) + (name == null ? " (unknown)" : " (" + name + ")");
    }

    /** Names of the formats that this engine reads. */
    static String supported() {
        return Arrays.stream(BlockFormat.values()).map(Enum::name).collect(Collectors.joining(", "));
    }
}
