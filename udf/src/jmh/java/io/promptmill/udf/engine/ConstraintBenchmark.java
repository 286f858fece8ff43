package io.promptmill.udf.engine;

import io.promptmill.udf.constraint.Constraint;
import io.promptmill.udf.constraint.ConstraintSpec;
import io.promptmill.udf.constraint.ConstraintSpec.Kind;
import io.promptmill.udf.constraint.ConstraintState;
import io.promptmill.udf.tokenizer.Tokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a JSON schema costs besides the model: to compile it for a vocabulary, and a token of a random text under it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ConstraintBenchmark {
    private static final Path SCHEMAS = Path.of("src/test/resources/constraint/schemas");
    private static final int TEXTS = 20;
    private static final int MOST_TOKENS = 200;

    /** A file with the vocabulary. */
    @Param({"../datasets/demo-model/promptmill-demo-q8_0.gguf"})
    private String model;

    @Param({"invoice", "person", "recursive-tree"})
    private String schema;

    private ConstraintSpec spec;
    private ConstraintCache cache;
    private Constraint known;
    private long seed;

    @Setup
    public void open() throws IOException {
        try (ModelFile file = ModelFile.open(Path.of(model))) {
            Tokenizer tokenizer = TokenizerFactory.open(file).tokenizer();
            cache = new ConstraintCache(tokenizer);
        }
        spec = new ConstraintSpec(Kind.JSON_SCHEMA, Files.readString(SCHEMAS.resolve(schema + ".json")));
        known = cache.get(spec);
    }

    /** From the schema's text to a constraint without masks. */
    @Benchmark
    public Constraint compile() {
        return cache.compiled(spec);
    }

    /** The first text under a constraint that was compiled anew: every mask is computed. */
    @Benchmark
    public int compileAndWriteOneText() {
        return write(cache.compiled(spec), new Random(1));
    }

    /** {@value #TEXTS} texts under a constraint in use: masks are there already. */
    @Benchmark
    public int writeTexts() {
        int tokens = 0;
        for (int i = 0; i < TEXTS; i++) {
            tokens += write(known, new Random(seed++ % 100));
        }
        return tokens;
    }

    private static int write(Constraint constraint, Random random) {
        ConstraintState state = constraint.start(true);
        int tokens = 0;
        while (tokens < MOST_TOKENS && !state.mustEnd()) {
            int token = any(state, random);
            if (token < 0) {
                break;
            }
            state = state.after(token);
            tokens++;
        }
        return tokens;
    }

    /** A token that may follow and has text, about as likely as any other; -1 where only the end may. */
    private static int any(ConstraintState state, Random random) {
        long[] mask = state.mask();
        List<Integer> found = new ArrayList<>(8);
        int word = random.nextInt(mask.length);
        for (int i = 0; i < mask.length && found.isEmpty(); i++, word = (word + 1) % mask.length) {
            for (long bits = mask[word]; bits != 0; bits &= bits - 1) {
                int token = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
                if (!state.mayEnd() || state.allows(token)) {
                    found.add(token);
                }
            }
        }
        found.removeIf(token -> !hasText(state, token));
        return found.isEmpty() ? -1 : found.get(random.nextInt(found.size()));
    }

    private static boolean hasText(ConstraintState state, int token) {
        try {
            state.after(token);
            return true;
        } catch (IllegalArgumentException end) {
            return false;
        }
    }
}
