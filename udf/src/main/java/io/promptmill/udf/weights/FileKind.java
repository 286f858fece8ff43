package io.promptmill.udf.weights;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Says what a file that is not of the expected format looks like, and what to do about it. */
final class FileKind {
    /** Bytes from the start of a file that {@link #describe} wants to see. */
    static final int SAMPLE_BYTES = 256;

    private FileKind() {}

    /** A sentence on a file that is not GGUF; {@code sample} is its first bytes, as a rule {@link #SAMPLE_BYTES}. */
    static String describe(byte[] sample) {
        return known(sample)
                .orElseGet(() -> "a GGUF file begins with the bytes 'GGUF'; this one begins with " + hexadecimal(sample)
                        + ". Check the path, or convert the model to GGUF");
    }

    /** A sentence on a file whose first bytes are those of a kind that is often taken for a model file. */
    static Optional<String> known(byte[] sample) {
        return Optional.ofNullable(recognise(sample));
    }

    private static String recognise(byte[] sample) {
        String text = new String(sample, StandardCharsets.ISO_8859_1);
        String lower = text.stripLeading().toLowerCase(Locale.ROOT);
        if (sample.length == 0) {
            return "the file is empty. Download it again";
        }
        if (text.startsWith("version https://git-lfs")) {
            return "this is a Git LFS pointer, not the file itself. Run 'git lfs pull' where it was cloned";
        }
        if (lower.startsWith("<!doctype") || lower.startsWith("<html")) {
            return "this is a web page, probably one saved in place of the model. Download the file itself";
        }
        if (text.startsWith("PK\u0003\u0004")) {
            return "this is a zip archive (PyTorch checkpoints are). Use the model's safetensors or GGUF files";
        }
        if (text.length() > 9 && text.startsWith("{\"", 8)) {
            return "this is a safetensors file. Name the folder that it and its config.json are in";
        }
        if (text.startsWith("lmgg") || text.startsWith("fmgg") || text.startsWith("tjgg") || text.startsWith("algg")) {
            return "this is a GGML file, older than GGUF. Convert the model anew";
        }
        if (text.startsWith("\u001F\u008B") || text.startsWith("\u0028\u00B5\u002F\u00FD") || text.startsWith("BZh")) {
            return "this is a compressed file. Unpack it first";
        }
        if (lower.startsWith("{") || lower.startsWith("[")) {
            return "this is JSON, perhaps an error from the server. Download the file itself";
        }
        return null;
    }

    private static String hexadecimal(byte[] sample) {
        StringBuilder digits = new StringBuilder();
        for (int index = 0; index < Math.min(4, sample.length); index++) {
            digits.append(index == 0 ? "" : " ").append(String.format("%02X", sample[index]));
        }
        return digits.toString();
    }
}
