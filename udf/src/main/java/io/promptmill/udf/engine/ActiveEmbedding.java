package io.promptmill.udf.engine;

import io.promptmill.udf.error.RowError;
import io.promptmill.udf.scheduler.Sequence;
import java.util.Collection;
import java.util.List;

/** A vector being computed: the states of its text's tokens as they come, in the order of the text. */
final class ActiveEmbedding extends ActiveRequest<Embedding> {
    private final Sequence sequence;
    private final Pooling pooling;
    /** Sum of the states that were read, in the order of their positions: the same however the text is cut into chunks. */
    private double[] sum;

    private int read;
    private RowError error;

    /**
     * @param request with a pooling
     * @param adapter number of the request's adapter
     */
    ActiveEmbedding(EmbeddingRequest request, int adapter) {
        super(new EmbeddingKey(request));
        int[] tokens = request.promptTokens();
        pooling = request.pooling();
        sequence = new Sequence(tokens, tokens.length, adapter);
        sequence.readStatesFrom(pooling == Pooling.LAST ? tokens.length - 1 : 0);
    }

    @Override
    Sequence sequence() {
        return sequence;
    }

    @Override
    public boolean takesLargest() {
        return false;
    }

    @Override
    public void read(Sequence same, LogitRows rows) {
        throw new IllegalStateException("a sequence of states has no logits");
    }

    @Override
    public void read(Sequence same, StateRows rows) {
        try {
            float[] state = new float[rows.length()];
            sum = sum == null ? new double[state.length] : sum;
            for (int row = 0; row < rows.count(); row++) {
                rows.read(row, state);
                for (int i = 0; i < state.length; i++) {
                    sum[i] += state[i];
                }
            }
            read += rows.count();
        } catch (RuntimeException unforeseen) {
            error = unforeseen(unforeseen);
        }
    }

    @Override
    Embedding advance(Sequence same, Sequences sequences) {
        if (error != null) {
            return failed(error);
        }
        if (sequence.pending() > 0) {
            if (pooling == Pooling.MEAN) {
                // What was read is not read again where the sequence has to give its blocks back.
                sequence.readStatesFrom(read);
            }
            return null;
        }
        float[] vector = new float[sum.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (sum[i] / read);
        }
        return Embedding.of(vector, sequence.promptLength());
    }

    @Override
    Collection<Sequence> open() {
        return List.of(sequence);
    }

    @Override
    Embedding failed(RowError reason) {
        return Embedding.failed(reason, sequence.promptLength());
    }

    @Override
    int resultTokens(Embedding embedding) {
        return 0;
    }
}
