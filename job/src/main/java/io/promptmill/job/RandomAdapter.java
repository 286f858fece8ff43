package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import io.promptmill.udf.tensor.Matrix;
import io.promptmill.udf.weights.LoraAdapter;
import io.promptmill.udf.weights.LoraSummary;
import io.promptmill.udf.weights.LowRankTensors;
import io.promptmill.udf.weights.ModelFile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An adapter of random numbers, to measure what adapters cost. Its numbers are made when they are read.
 *
 * @param targets names out of {@link #TARGETS}
 */
record RandomAdapter(int seed, int rank, List<String> targets) implements LoraAdapter {
    /** What PEFT's short names stand for. */
    private static final Map<String, String> TARGETS = new LinkedHashMap<>();

    static {
        TARGETS.put("q", "attn_q");
        TARGETS.put("k", "attn_k");
        TARGETS.put("v", "attn_v");
        TARGETS.put("o", "attn_output");
        TARGETS.put("qkv", "attn_qkv");
        TARGETS.put("gate", "ffn_gate");
        TARGETS.put("up", "ffn_up");
        TARGETS.put("down", "ffn_down");
    }

    /**
     * Reads names, separated by commas, or {@code all}.
     *
     * @throws ConfigException where one is unknown
     */
    static List<String> parseTargets(String option, String names) {
        if (names.equals("all")) {
            return List.copyOf(TARGETS.keySet());
        }
        List<String> targets = List.of(names.split(","));
        for (String target : targets) {
            if (!TARGETS.containsKey(target)) {
                throw new ConfigException(option + " has '" + target + "'; "
                        + NearestName.hint(target, TARGETS.keySet()) + "expected all, or some of "
                        + String.join(",", TARGETS.keySet()));
            }
        }
        return targets;
    }

    @Override
    public String source() {
        return String.format(Locale.ROOT, "random adapter %d", seed);
    }

    @Override
    public LoraSummary summary() {
        return new LoraSummary(null, null, new TreeSet<>(List.of(rank)), new TreeSet<>(targets), 0, 0, new TreeMap<>());
    }

    @Override
    public Map<String, LowRankTensors> tensors(ModelFile base) {
        Map<String, LowRankTensors> tensors = new LinkedHashMap<>();
        base.tensors().forEach((name, tensor) -> {
            boolean wanted = targets.stream().anyMatch(target -> name.endsWith("." + TARGETS.get(target) + ".weight"));
            if (wanted && tensor.shape().size() == 2) {
                int outputs = Math.toIntExact(tensor.shape().get(0));
                int inputs = Math.toIntExact(tensor.shape().get(1));
                tensors.put(name, new LowRankTensors(matrix(name, rank, inputs), matrix(name, outputs, rank), 1));
            }
        });
        if (tensors.isEmpty()) {
            throw new ConfigException(
                    base.metadata().source() + ": has none of the matrices " + targets + " of --adapter-targets");
        }
        return Collections.unmodifiableMap(tensors);
    }

    private Matrix matrix(String name, int rows, int columns) {
        Halves halves = new Halves(Objects.hash(seed, name, rows), 2L * rows * columns);
        return new Matrix(name, BlockFormat.F16, rows, columns, halves, 0);
    }

    /** Nothing is held. */
    @Override
    public void close() {}

    /** Halves of magnitude 1/256 to 1/128, by a hash of their place. */
    private record Halves(int seed, long size) implements ByteStorage {
        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            Objects.checkFromIndexSize(offset, (long) length, size);
            for (int i = 0; i < length; i++) {
                long at = offset + i;
                int bits = Long.hashCode((at / 2 + seed * 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L);
                bits = bits >>> 16 & 0x83FF | 0x1C00;
                target[targetOffset + i] = (byte) (at % 2 == 0 ? bits : bits >>> 8);
            }
        }
    }
}
