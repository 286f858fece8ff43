package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Code points in as few classes as tell some sets apart: each set is a union of classes. Automata over the numbers of
 * classes are far smaller than those over code points. Immutable and thread-safe.
 */
final class CodePointClasses {
    /** By number; together they hold every code point. */
    private final List<CodePointSet> classes = new ArrayList<>();

    private final Map<CodePointSet, BitSet> numbers = new HashMap<>();

    CodePointClasses(Collection<CodePointSet> sets) {
        Set<CodePointSet> distinct = new LinkedHashSet<>(sets);
        distinct.add(CodePointSet.ALL);
        int[] bounds = bounds(distinct);
        BitSet[] holders = holders(distinct, bounds);
        Map<BitSet, Integer> known = new HashMap<>();
        List<BitSet> members = new ArrayList<>();
        for (int interval = 0; interval < holders.length; interval++) {
            if (!holders[interval].isEmpty()) {
                int number = known.computeIfAbsent(holders[interval], key -> known.size());
                if (number == members.size()) {
                    members.add(new BitSet());
                }
                members.get(number).set(bounds[interval], bounds[interval + 1]);
            }
        }
        members.forEach(codePoints -> classes.add(CodePointSet.of(codePoints)));
        List<CodePointSet> byIndex = List.copyOf(distinct);
        distinct.forEach(set -> numbers.put(set, new BitSet()));
        known.forEach((holder, number) ->
                holder.stream().forEach(index -> numbers.get(byIndex.get(index)).set(number)));
    }

    private static int[] bounds(Set<CodePointSet> sets) {
        TreeSet<Integer> bounds = new TreeSet<>();
        for (CodePointSet set : sets) {
            for (int range = 0; range < set.ranges(); range++) {
                bounds.add(set.first(range));
                bounds.add(set.last(range) + 1);
            }
        }
        return bounds.stream().mapToInt(Integer::intValue).toArray();
    }

    /** For each interval between two bounds, the indices of the sets that hold it. */
    private static BitSet[] holders(Set<CodePointSet> sets, int[] bounds) {
        BitSet[] holders = new BitSet[bounds.length - 1];
        Arrays.setAll(holders, interval -> new BitSet());
        int index = 0;
        for (CodePointSet set : sets) {
            for (int range = 0; range < set.ranges(); range++) {
                int end = Arrays.binarySearch(bounds, set.last(range) + 1);
                for (int at = Arrays.binarySearch(bounds, set.first(range)); at < end; at++) {
                    holders[at].set(index);
                }
            }
            index++;
        }
        return holders;
    }

    int count() {
        return classes.size();
    }

    CodePointSet members(int number) {
        return classes.get(number);
    }

    /** The numbers of the classes of a set, one of those that this was made for. */
    BitSet numbers(CodePointSet set) {
        return numbers.get(set);
    }
}
