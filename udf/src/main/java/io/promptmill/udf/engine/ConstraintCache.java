package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.Constraint;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintVocabulary;
import io.promptmill.udf.constraint.TokenTrie;
import io.promptmill.udf.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The constraints of a model's requests, each compiled once and kept while it is among those asked for last. Thread-safe. */
final class ConstraintCache {
    /** Jobs have one, and each may hold 32 MiB of masks. */
    private static final int MOST = 8;

    private static final Logger LOG = LoggerFactory.getLogger(ConstraintCache.class);

    private final Tokenizer tokenizer;
    private final Map<ConstraintSpec, CompletableFuture<Constraint>> compiled = new LinkedHashMap<>(16, 0.75f, true);
    private ConstraintVocabulary vocabulary;
    private final AtomicInteger compilations = new AtomicInteger();

    ConstraintCache(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * The constraint that the specification describes; compiled by the thread that asks first, while others wait.
     *
     * @throws io.promptmill.udf.error.ConfigException where it cannot be used; a later call tries again
     */
    Constraint get(ConstraintSpec spec) {
        CompletableFuture<Constraint> mine = new CompletableFuture<>();
        CompletableFuture<Constraint> known;
        synchronized (this) {
            known = compiled.putIfAbsent(spec, mine);
            if (known == null && compiled.size() > MOST) {
                compiled.remove(compiled.keySet().iterator().next());
            }
        }
        if (known == null) {
            compile(spec, mine);
        }
        try {
            return (known == null ? mine : known).join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : failure;
        }
    }

    /** Compiles constraints on a thread of its own, for requests to come; they wait for it where it is under way. */
    void prepare(List<ConstraintSpec> specs) {
        if (specs.isEmpty()) {
            return;
        }
        Thread compiler = new Thread(() -> specs.forEach(this::tryToGet), "promptmill-constraints");
        compiler.setDaemon(true);
        compiler.start();
    }

    private void tryToGet(ConstraintSpec spec) {
        try {
            get(spec);
        } catch (RuntimeException refused) {
            LOG.debug("a constraint cannot be used; the rows that ask for it are told", refused);
        }
    }

    private void compile(ConstraintSpec spec, CompletableFuture<Constraint> result) {
        try {
            compilations.incrementAndGet();
            long start = System.nanoTime();
            Constraint constraint = compiled(spec);
            LOG.info(
                    "Compiled a constraint ({}) in {} ms",
                    spec.kind().label(),
                    (System.nanoTime() - start) / 1_000_000);
            result.complete(constraint);
        } catch (RuntimeException | Error failure) {
            synchronized (this) {
                compiled.remove(spec, result);
            }
            result.completeExceptionally(failure);
        }
    }

    /** As {@link #get}, compiled anew and not kept. */
    Constraint compiled(ConstraintSpec spec) {
        return Constraint.compile(spec.grammar(), vocabulary());
    }

    /** Constraints compiled since the start. */
    int compilations() {
        return compilations.get();
    }

    private synchronized ConstraintVocabulary vocabulary() {
        if (vocabulary == null) {
            int size = tokenizer.vocabularySize();
            byte[][] bytes = new byte[size][];
            byte[][] first = new byte[size][];
            for (int token = 0; token < size; token++) {
                boolean control =
                        tokenizer.isControl(token) || tokenizer.endTokens().contains(token);
                bytes[token] = control ? new byte[0] : tokenizer.bytes(token, false);
                first[token] = control ? bytes[token] : withoutSpace(tokenizer.bytes(token, true), bytes[token]);
            }
            vocabulary =
                    new ConstraintVocabulary(size, TokenTrie.of(bytes), TokenTrie.of(first), tokenizer.endTokens());
        }
        return vocabulary;
    }

    /** An answer may begin with one space, which is not part of it: tokens with a space before a word are the usual ones. */
    private static byte[] withoutSpace(byte[] first, byte[] inText) {
        boolean dropped = first.length < inText.length;
        return !dropped && first.length > 0 && first[0] == ' ' ? Arrays.copyOfRange(first, 1, first.length) : first;
    }
}
