package io.promptmill.udf.sampler;

/** The most likely tokens of a distribution. */
final class Candidates {

    private Candidates() {}

    /**
     * The {@code count} tokens of the largest probabilities, largest first, the lower id first among equals: a heap of
     * the best so far with the worst of them on top.
     */
    static int[] largest(float[] probabilities, int vocabularySize, int count) {
        int[] heap = new int[count];
        int size = 0;
        for (int token = 0; token < vocabularySize; token++) {
            if (size < count) {
                heap[size] = token;
                siftUp(heap, size++, probabilities);
            } else if (before(probabilities, token, heap[0])) {
                heap[0] = token;
                siftDown(heap, size, probabilities);
            }
        }
        for (int end = size - 1; end > 0; end--) {
            int worst = heap[0];
            heap[0] = heap[end];
            heap[end] = worst;
            siftDown(heap, end, probabilities);
        }
        return heap;
    }

    /** True where token {@code a} ranks before {@code b}. */
    private static boolean before(float[] probabilities, int a, int b) {
        return probabilities[a] > probabilities[b] || probabilities[a] == probabilities[b] && a < b;
    }

    private static void siftUp(int[] heap, int index, float[] probabilities) {
        int child = index;
        while (child > 0) {
            int parent = (child - 1) / 2;
            if (!before(probabilities, heap[parent], heap[child])) {
                return;
            }
            swap(heap, parent, child);
            child = parent;
        }
    }

    private static void siftDown(int[] heap, int size, float[] probabilities) {
        int parent = 0;
        while (true) {
            int worst = parent;
            for (int child = 2 * parent + 1; child <= 2 * parent + 2 && child < size; child++) {
                if (before(probabilities, heap[worst], heap[child])) {
                    worst = child;
                }
            }
            if (worst == parent) {
                return;
            }
            swap(heap, parent, worst);
            parent = worst;
        }
    }

    private static void swap(int[] heap, int a, int b) {
        int token = heap[a];
        heap[a] = heap[b];
        heap[b] = token;
    }
}
