package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Damaged headers either read, and then every tensor is inside the file, or are refused on purpose. */
final class GgufFuzzTest {
    private static final int MUTATIONS = 20_000;

    private record Memory(byte[] bytes) implements ByteStorage {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            System.arraycopy(bytes, (int) offset, target, targetOffset, length);
        }
    }

    @Test
    void readsOrRefusesWhateverTheBytesAre() {
        byte[] valid = new GgufWriter()
                .put("general.architecture", "llama")
                .put("general.alignment", 32)
                .put("split.count", 1)
                .put("tokenizer.ggml.tokens", new String[] {"<s>", "a", "\u00E9"})
                .put("tokenizer.ggml.scores", new float[] {0, 1, 2})
                .put("flags", new boolean[] {true})
                .tensor("norm", new float[4], 4)
                .tensor("weight", BlockFormat.Q8_0, new byte[2 * 34], 2, 32)
                .toBytes();
        Random random = new Random(20_240_229);
        int refused = 0;
        int read = 0;
        for (int round = 0; round < MUTATIONS; round++) {
            byte[] mutant = mutate(valid, random);
            try {
                GgufHeader header = GgufHeader.read("mutant " + round, new Memory(mutant));
                header.tensors().values().forEach(GgufFuzzTest::readWhole);
                read++;
            } catch (ModelFileException expected) {
                assertTrue(expected.getMessage().startsWith("mutant " + round), expected.getMessage());
                refused++;
            }
        }
        // Both ends of the contract must have been exercised.
        assertTrue(read > MUTATIONS / 20 && refused > MUTATIONS / 20, read + " read, " + refused + " refused");
    }

    private static void readWhole(StoredTensor tensor) {
        int length = Math.toIntExact(tensor.info().bytes());
        tensor.storage().read(tensor.offset(), new byte[length], 0, length);
    }

    private static byte[] mutate(byte[] valid, Random random) {
        byte[] mutant = random.nextInt(8) == 0 ? Arrays.copyOf(valid, random.nextInt(valid.length)) : valid.clone();
        for (int change = random.nextInt(4); change >= 0 && mutant.length > 0; change--) {
            int at = random.nextInt(mutant.length);
            switch (random.nextInt(3)) {
                case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutant[at] = (byte) random.nextInt(256);
                default -> Arrays.fill(mutant, at, Math.min(mutant.length, at + 8), (byte) -random.nextInt(2));
            }
        }
        return mutant;
    }
}
