package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.ByteStorage;
import java.util.Arrays;
import java.util.Map;

/**
 * What one GGUF file says about itself, every statement checked against the file.
 *
 * @param metadata its key-value pairs
 * @param tensors its tensors by name, in file order
 */
record GgufHeader(Metadata metadata, Map<String, StoredTensor> tensors) {
    private static final int MAXIMUM_TENSORS = 1 << 18;
    private static final int LEAST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;
    private static final int MAXIMUM_ALIGNMENT = 1 << 20;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};

    /**
     * Reads the header of {@code storage}, and nothing behind it.
     *
     * @param source name of the file for messages
     * @throws ModelFileException where the file is no GGUF of version 2 or 3 or contradicts itself
     */
    static GgufHeader read(String source, ByteStorage storage) {
        checkMagic(source, storage);
        HeaderCursor cursor = new HeaderCursor(source, storage);
        cursor.readInt("the magic number");
        checkVersion(source, cursor.readInt("the version"));
        int tensorCount = cursor.readCount("the number of tensors", LEAST_TENSOR_BYTES, MAXIMUM_TENSORS);
        MetadataReader pairs = new MetadataReader(cursor);
        int keyCount = pairs.readKeyCount();
        Metadata metadata = new Metadata(source, pairs.readPairs(keyCount));
        int alignment = metadata.integerOr("general.alignment", DEFAULT_ALIGNMENT, 1, MAXIMUM_ALIGNMENT);
        if (Integer.bitCount(alignment) != 1) {
            throw new ModelFileException(source + ": key 'general.alignment' is " + alignment
                    + "; expected a power of two. The file is damaged; download it again");
        }
        TensorReader tensors = new TensorReader(source, cursor, storage, alignment);
        return new GgufHeader(metadata, tensors.read(tensorCount));
    }

    private static void checkMagic(String source, ByteStorage storage) {
        byte[] sample = new byte[(int) Math.min(FileKind.SAMPLE_BYTES, storage.size())];
        storage.read(0, sample, 0, sample.length);
        if (sample.length < MAGIC.length || !Arrays.equals(sample, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new ModelFileException(source + ": not a GGUF file: " + FileKind.describe(sample));
        }
    }

    private static void checkVersion(String source, int version) {
        if (version == 2 || version == 3) {
            return;
        }
        int swapped = Integer.reverseBytes(version);
        throw new ModelFileException(source
                + (swapped >= 1 && swapped <= 3
                        ? ": is a big-endian GGUF file; expected little-endian"
                        : ": GGUF version " + Integer.toUnsignedString(version) + "; expected 2 or 3")
                + ". Convert the model anew");
    }
}
