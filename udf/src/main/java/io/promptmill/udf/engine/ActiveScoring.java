package io.promptmill.udf.engine;

import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.error.RowError;
import io.promptmill.udf.sampler.LogProbabilities;
import io.promptmill.udf.scheduler.Sequence;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Choices being scored: the prompt is computed once; then, for every node of the choices' trie that leads on, a sequence
 * that shares the prompt's keys and values.
 */
final class ActiveScoring extends ActiveRequest<ChoiceScores> {
    /** Sequences of a request at the same time at most: of thousands of choices the others wait without tokens of their own. */
    private static final int MOST_OPEN = 64;

    private final int[] prompt;
    private final int adapter;
    private final int[] endTokens;
    private final Sequence root;
    private final double[] logprobs;
    /** Changed by the step loop alone, between steps. */
    private final Map<Sequence, Node> open = new IdentityHashMap<>();

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private int choiceTokens;
    private volatile RowError error;

    /**
     * @param adapter number of the request's adapter
     * @param endTokens any of which ends a text
     * @throws RequestException where the choices cannot be told apart
     */
    ActiveScoring(ChoiceRequest request, int adapter, Set<Integer> endTokens) {
        super(new ChoiceKey(request));
        this.prompt = request.promptTokens();
        this.adapter = adapter;
        this.endTokens = endTokens.stream().mapToInt(Integer::intValue).sorted().toArray();
        this.logprobs = new double[request.choices().size()];
        this.root = new Sequence(prompt, prompt.length, adapter);
        open.put(root, new Node(ChoiceTrie.of(request.choices()), prompt.length, 0));
    }

    /** A node of the trie whose sequence is computed. */
    private static final class Node {
        private final ChoiceTrie trie;
        /** Length of the parent's sequence. */
        private final int start;
        /** Of the tokens up to the first one of this node. */
        private final double before;
        /** Of the node's other tokens. */
        private final double[] within;
        /** Of the first token of each child, and of the end of the text. */
        private final double[] after;

        private double end;

        Node(ChoiceTrie trie, int start, double before) {
            this.trie = trie;
            this.start = start;
            this.before = before;
            within = new double[Math.max(0, trie.tokens().length - 1)];
            after = new double[trie.children().size()];
        }

        double total() {
            double total = before;
            for (double logprob : within) {
                total += logprob;
            }
            return total;
        }
    }

    /**
     * A node whose sequence is not begun.
     *
     * @param beginning tokens before the node
     * @param needed tokens of the node that are computed
     */
    private record Waiting(int[] beginning, ChoiceTrie trie, double before, int needed) {
        Sequence sequence(int adapter) {
            int[] tokens = Arrays.copyOf(beginning, beginning.length + needed);
            System.arraycopy(trie.tokens(), 0, tokens, beginning.length, needed);
            Sequence sequence = new Sequence(tokens, tokens.length, adapter);
            sequence.readLogitsFrom(beginning.length);
            return sequence;
        }
    }

    @Override
    Sequence sequence() {
        return root;
    }

    @Override
    public boolean takesLargest() {
        return false;
    }

    @Override
    public void read(Sequence sequence, LogitRows rows) {
        Node node = open.get(sequence);
        try {
            for (int row = 0; row < rows.count(); row++) {
                // The row behind the node's token with this index; -1 for the root, which has none.
                int index = rows.position(row) - node.start;
                LogProbabilities logProbabilities = rows.logProbabilities(row);
                if (index + 1 < node.trie.tokens().length) {
                    node.within[index] = logProbabilities.of(node.trie.tokens()[index + 1]);
                } else {
                    readEnd(node, logProbabilities);
                }
            }
        } catch (RequestException unusable) {
            error = unusable.rowError();
        } catch (RuntimeException unforeseen) {
            error = unforeseen(unforeseen);
        }
    }

    private void readEnd(Node node, LogProbabilities logProbabilities) {
        for (int child = 0; child < node.after.length; child++) {
            node.after[child] =
                    logProbabilities.of(node.trie.children().get(child).tokens()[0]);
        }
        double probability = 0;
        for (int token : endTokens) {
            probability += Math.exp(logProbabilities.of(token));
        }
        node.end = Math.log(probability);
    }

    @Override
    ChoiceScores advance(Sequence sequence, Sequences sequences) {
        if (error == null && sequence.pending() == 0) {
            goOn(sequence, open.remove(sequence), sequences);
            while (!waiting.isEmpty() && open.size() < MOST_OPEN) {
                sequences.add(sequence, begin(waiting.remove()));
            }
        }
        if (error != null) {
            return ChoiceScores.failed(error, prompt.length);
        }
        return open.isEmpty() ? new ChoiceScores(logprobs, prompt.length, choiceTokens, null, false) : null;
    }

    private void goOn(Sequence sequence, Node node, Sequences sequences) {
        double total = node.total();
        if (node.trie.isChoice()) {
            logprobs[node.trie.choice()] = node.trie.branches() ? total + node.end : total;
            if (node.trie.branches() && endTokens.length == 0) {
                error = new RowError(
                        ErrorCategory.INPUT,
                        "choice " + (node.trie.choice() + 1) + " is the beginning of another one, and the model has no"
                                + " end-of-text token to tell them apart; change one of them");
            }
        }
        int[] beginning = sequence.lastTokens(sequence.length());
        for (int child = 0; child < node.after.length; child++) {
            ChoiceTrie trie = node.trie.children().get(child);
            double before = total + node.after[child];
            int needed = trie.branches() ? trie.tokens().length : trie.tokens().length - 1;
            Waiting next = new Waiting(beginning, trie, before, needed);
            if (needed == 0) {
                logprobs[trie.choice()] = before;
            } else if (open.size() < MOST_OPEN) {
                sequences.fork(sequence, begin(next));
            } else {
                waiting.add(next);
            }
        }
    }

    private Sequence begin(Waiting node) {
        Sequence child = node.sequence(adapter);
        open.put(child, new Node(node.trie, node.beginning.length, node.before));
        choiceTokens += node.needed;
        return child;
    }

    @Override
    Collection<Sequence> open() {
        return open.keySet();
    }

    @Override
    ChoiceScores failed(RowError reason) {
        return ChoiceScores.failed(reason, prompt.length);
    }

    @Override
    int resultTokens(ChoiceScores scores) {
        return scores.choiceTokens();
    }
}
