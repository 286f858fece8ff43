package io.promptmill.udf.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What the hub's checksums are compared with: the SHA-256 of a content, which the hub gives for large files, and its name
 * in git, the SHA-1 of {@code "blob " + size + "\\0" + content} (git-scm.com, Git Objects), which it gives for small ones.
 */
final class ContentDigest {
    private static final int BUFFER_BYTES = 1 << 20;

    private final long size;
    private final MessageDigest sha256 = of("SHA-256");
    private final MessageDigest git = of("SHA-1");

    /** @param size that the whole content will have, in bytes */
    ContentDigest(long size) {
        this.size = size;
        reset();
    }

    void reset() {
        sha256.reset();
        git.reset();
        git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    /** Leaves the buffer's position as it is. */
    void add(ByteBuffer bytes) {
        sha256.update(bytes.duplicate());
        git.update(bytes.duplicate());
    }

    /** Adds what is left of a file. */
    void addAll(ReadableByteChannel file, Waiting waiting) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        while (file.read(buffer) >= 0) {
            waiting.sleep(0);
            add(buffer.flip());
            buffer.clear();
        }
    }

    /** The SHA-256 of what was added, which ends the adding. */
    String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    /**
     * What is not as it should be with a whole content, which ends the adding to the digest in git.
     *
     * @param actual its SHA-256
     * @param expected its SHA-256 as the hub says, or null to compare the name in git, where that is known
     */
    Optional<String> problem(String actual, String expected, String gitId) {
        if (expected != null) {
            return actual.equals(expected)
                    ? Optional.empty()
                    : Optional.of("has SHA-256 " + actual + " instead of " + expected);
        }
        String name = HexFormat.of().formatHex(git.digest());
        return gitId == null || name.equals(gitId)
                ? Optional.empty()
                : Optional.of("has git SHA-1 " + name + " instead of " + gitId);
    }

    private static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has " + algorithm, impossible);
        }
    }
}
