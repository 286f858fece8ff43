package io.promptmill.udf.sampler;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A row's random numbers: one a position, each a function of (seed, row id, position) alone, so that they do not depend
 * on where or when the row is computed. Philox4x32 with ten rounds (Salmon et al. 2011, "Parallel Random Numbers: As Easy
 * as 1, 2, 3", doi:10.1145/2063384.2063405). Immutable and thread-safe.
 */
final class RandomStream {
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final int ROUNDS = 10;

    private final long seed;
    private final long row;

    /** The row id enters by the first 64 bits of its SHA-256. */
    RandomStream(long seed, String rowId) {
        this.seed = seed;
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(rowId.getBytes(StandardCharsets.UTF_8));
            this.row = ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** A number in [0, 1) with 53 random bits for a position. */
    double uniform(long position) {
        int[] words = philox(
                new int[] {(int) position, (int) (position >>> 32), (int) row, (int) (row >>> 32)}, (int) seed, (int)
                        (seed >>> 32));
        long bits = (words[0] & 0xFFFFFFFFL) << 21 ^ words[1] >>> 11;
        return bits * 0x1.0p-53;
    }

    /** Ten rounds over four 32-bit words of counter and two of key; the counter array is changed. */
    static int[] philox(int[] counter, int key0, int key1) {
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = (counter[0] & 0xFFFFFFFFL) * (MULTIPLIER_0 & 0xFFFFFFFFL);
            long product1 = (counter[2] & 0xFFFFFFFFL) * (MULTIPLIER_1 & 0xFFFFFFFFL);
            counter[0] = (int) (product1 >>> 32) ^ counter[1] ^ k0;
            counter[1] = (int) product1;
            counter[2] = (int) (product0 >>> 32) ^ counter[3] ^ k1;
            counter[3] = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return counter;
    }
}
