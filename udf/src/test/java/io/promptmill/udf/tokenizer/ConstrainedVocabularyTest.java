package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.constraint.Expression.choice;
import static io.promptmill.udf.constraint.Expression.sequence;
import static io.promptmill.udf.constraint.Expression.text;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.constraint.Constraint;
import io.promptmill.udf.constraint.ConstraintState;
import io.promptmill.udf.constraint.ConstraintVocabulary;
import io.promptmill.udf.constraint.Expression;
import io.promptmill.udf.constraint.Grammar;
import io.promptmill.udf.constraint.TokenTrie;
import io.promptmill.udf.weights.GgufFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** A constraint over the vocabulary of the demo model, which spells bytes. */
class ConstrainedVocabularyTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");

    @Test
    void tokensOfJsonAreAllowedAndAllowedTokensAreJson() throws IOException {
        try (GgufFile file = GgufFile.open(DEMO)) {
            Tokenizer tokenizer = TokenizerFactory.create(file);
            ConstraintVocabulary vocabulary = vocabulary(tokenizer);
            Constraint constraint = Constraint.compile(lists(), vocabulary);
            ConstraintState state = constraint.start(false);
            for (int token : tokenizer.encode("[[\"The café was old\",\"日本 and 😀\"],\"x\",[]]", false)) {
                assertTrue(allowed(state, token), tokenizer.piece(token));
                state = state.after(token);
            }
            assertTrue(state.mustEnd());
            for (int seed = 0; seed < 200; seed++) {
                String text = walk(constraint, vocabulary, tokenizer, new Random(seed));
                assertNotNull(new ObjectMapper().readTree(text), text);
            }
        }
    }

    private static String walk(
            Constraint constraint, ConstraintVocabulary vocabulary, Tokenizer tokenizer, Random random) {
        StreamingDecoder decoder = tokenizer.decoder(tokenizer.encode("a", false)[0]);
        StringBuilder text = new StringBuilder();
        ConstraintState state = constraint.start(false);
        for (int step = 0; step < 50 && !state.mustEnd(); step++) {
            BitSet mask = BitSet.valueOf(state.mask());
            vocabulary.endTokens().forEach(mask::clear);
            assertFalse(mask.isEmpty());
            int[] tokens = mask.stream().toArray();
            int token = tokens[random.nextInt(tokens.length)];
            text.append(decoder.accept(token));
            state = state.after(token);
        }
        for (int token : state.closing()) {
            text.append(decoder.accept(token));
        }
        return text.append(decoder.finish()).toString();
    }

    private static boolean allowed(ConstraintState state, int token) {
        return (state.mask()[token >> 6] >>> token & 1) != 0 && state.allows(token);
    }

    private static ConstraintVocabulary vocabulary(Tokenizer tokenizer) {
        byte[][] bytes = new byte[tokenizer.vocabularySize()][];
        for (int token = 0; token < bytes.length; token++) {
            String piece = tokenizer.piece(token);
            bytes[token] = tokenizer.isControl(token) ? null : ByteAlphabet.bytes(piece);
        }
        TokenTrie trie = TokenTrie.of(bytes);
        return new ConstraintVocabulary(bytes.length, trie, trie, tokenizer.endTokens());
    }

    /** Nested lists of strings. */
    private static Grammar lists() {
        Expression plain = new Expression.Regular(Operations.minus(
                Automata.makeCharRange(' ', Character.MAX_CODE_POINT),
                Operations.union(Automata.makeChar('"'), Automata.makeChar('\\')),
                1000));
        Expression item = new Expression.Reference("item");
        Map<String, Expression> rules = new LinkedHashMap<>();
        rules.put("item", choice(new Expression.Reference("list"), sequence(text("\""), any(plain), text("\""))));
        rules.put(
                "list",
                sequence(text("["), Expression.optional(sequence(item, any(sequence(text(","), item)))), text("]")));
        return new Grammar("test", rules, "list");
    }

    private static Expression any(Expression part) {
        return new Expression.Repetition(part, 0, Expression.UNBOUNDED);
    }
}
