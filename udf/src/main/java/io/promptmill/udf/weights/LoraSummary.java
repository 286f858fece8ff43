package io.promptmill.udf.weights;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an adapter says of itself.
 *
 * @param architecture name in GGUF of that of its model; null where it does not say
 * @param base the model that it was made for, free text; null where it does not say
 * @param ranks of its additions
 * @param targets kinds of matrices that it adds to, under the names that it gives them, each once for all layers
 * @param matrices how many it adds to
 * @param parameters numbers that it holds
 * @param formatBytes stored bytes by block format
 */
public record LoraSummary(
        String architecture,
        String base,
        SortedSet<Integer> ranks,
        SortedSet<String> targets,
        int matrices,
        long parameters,
        SortedMap<String, Long> formatBytes) {

    static LoraSummary of(String architecture, String base, Map<String, LowRankPairs.Pair> pairs) {
        SortedSet<Integer> ranks = new TreeSet<>();
        SortedSet<String> targets = new TreeSet<>();
        SortedMap<String, Long> formatBytes = new TreeMap<>();
        long parameters = 0;
        for (Map.Entry<String, LowRankPairs.Pair> pair : pairs.entrySet()) {
            ranks.add(pair.getValue().rank());
            targets.add(kind(pair.getKey()));
            for (TensorInfo tensor :
                    List.of(pair.getValue().down(), pair.getValue().up())) {
                formatBytes.merge(tensor.format().name(), tensor.bytes(), Long::sum);
                parameters += tensor.values();
            }
        }
        return new LoraSummary(
                architecture,
                base,
                Collections.unmodifiableSortedSet(ranks),
                Collections.unmodifiableSortedSet(targets),
                pairs.size(),
                parameters,
                Collections.unmodifiableSortedMap(formatBytes));
    }

    /** Without the layer and the ending: {@code attn_q} of {@code blk.0.attn_q.weight}. */
    private static String kind(String target) {
        String name = target.endsWith(".weight") ? target.substring(0, target.length() - ".weight".length()) : target;
        String last = name.substring(name.lastIndexOf('.') + 1);
        String quoted = Quoted.of(last);
        return quoted.substring(1, quoted.length() - 1);
    }
}
