package io.promptmill.udf.prompt.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code sequence[start:stop:step]} with Python's rules for negative and missing bounds. */
final class PythonSlices {

    private PythonSlices() {}

    static Object slice(Object sequence, Object start, Object stop, Object step, RenderBudget budget) {
        if (sequence instanceof String text) {
            budget.charge(2L * text.length());
            int[] codePoints = text.codePoints().toArray();
            StringBuilder result = new StringBuilder();
            for (int index : indices(codePoints.length, start, stop, step)) {
                result.appendCodePoint(codePoints[index]);
            }
            return result.toString();
        }
        if (sequence instanceof List<?> list) {
            budget.charge(list.size());
            List<Object> result = new ArrayList<>();
            for (int index : indices(list.size(), start, stop, step)) {
                result.add(list.get(index));
            }
            return result;
        }
        throw new TemplateFailure("'" + PythonValues.typeName(sequence) + "' cannot be sliced");
    }

    private static int[] indices(int length, Object start, Object stop, Object step) {
        long stride = step == null ? 1 : whole(step);
        if (stride == 0) {
            throw new TemplateFailure("the step of a slice is zero");
        }
        boolean forward = stride > 0;
        long from = start == null ? (forward ? 0 : length - 1) : clamp(whole(start), length, forward);
        long to = stop == null ? (forward ? length : -1) : clamp(whole(stop), length, forward);
        int[] indices = new int[length];
        int count = 0;
        for (long i = from; forward ? i < to : i > to; i += stride) {
            indices[count++] = (int) i;
            if (Math.abs(stride) > length) {
                break;
            }
        }
        return Arrays.copyOf(indices, count);
    }

    private static long clamp(long bound, int length, boolean forward) {
        long at = bound < 0 ? bound + length : bound;
        return forward ? Math.max(0, Math.min(at, length)) : Math.max(-1, Math.min(at, length - 1));
    }

    private static long whole(Object bound) {
        if (bound instanceof Long number) {
            return number;
        }
        throw new TemplateFailure("the bound of a slice is " + PythonValues.typeName(bound) + "; expected an integer");
    }
}
