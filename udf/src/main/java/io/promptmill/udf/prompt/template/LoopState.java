package io.promptmill.udf.prompt.template;

import java.util.List;

/** The variable {@code loop} within a {@code for} block. Confined to one thread. */
final class LoopState {
    private final List<?> elements;
    private final int depth;
    private int index = -1;

    LoopState(List<?> elements, int depth) {
        this.elements = elements;
        this.depth = depth;
    }

    boolean advance() {
        return ++index < elements.size();
    }

    Object element() {
        return elements.get(index);
    }

    int getIndex0() {
        return index;
    }

    int depth() {
        return depth;
    }

    Object attribute(String name) {
        int length = elements.size();
        return switch (name) {
            case "index" -> (long) index + 1;
            case "index0" -> (long) index;
            case "revindex" -> (long) length - index;
            case "revindex0" -> (long) length - index - 1;
            case "first" -> index == 0;
            case "last" -> index == length - 1;
            case "length" -> (long) length;
            case "depth" -> (long) depth;
            case "depth0" -> (long) depth - 1;
            case "previtem" -> index > 0 ? elements.get(index - 1) : new Undefined("loop.previtem");
            case "nextitem" -> index + 1 < length ? elements.get(index + 1) : new Undefined("loop.nextitem");
            default -> new Undefined("loop." + name);
        };
    }
}
