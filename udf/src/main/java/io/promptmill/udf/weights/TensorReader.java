package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the descriptions of tensors and checks that each lies within the file, aligned and alone. Not thread-safe. */
final class TensorReader {
    private static final int MAXIMUM_DIMENSIONS = 4;
    private static final String REMEDY = ". The file is damaged; download it again or convert the model anew";

    private final String source;
    private final HeaderCursor cursor;
    private final ByteStorage storage;
    private final int alignment;

    /** A tensor as described, its offset counted from the start of the data section. */
    private record Description(TensorInfo info, long relativeOffset) {}

    /**
     * @param cursor at the first description
     * @param alignment of the data section and of every tensor, a power of two
     */
    TensorReader(String source, HeaderCursor cursor, ByteStorage storage, int alignment) {
        this.source = source;
        this.cursor = cursor;
        this.storage = storage;
        this.alignment = alignment;
    }

    /** Reads {@code count} descriptions, which end the header. */
    Map<String, StoredTensor> read(int count) {
        Map<String, Description> descriptions = new LinkedHashMap<>();
        for (int index = 0; index < count; index++) {
            long at = cursor.position();
            Description description = readDescription(index + 1);
            if (descriptions.put(description.info().name(), description) != null) {
                throw cursor.fault(at, "tensor " + Quoted.of(description.info().name()) + " appears twice");
            }
        }
        long dataStart = cursor.position() + alignment - 1 & -(long) alignment;
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        descriptions.forEach((name, description) -> tensors.put(name, place(description, dataStart)));
        checkDisjoint(tensors);
        return Collections.unmodifiableMap(tensors);
    }

    private Description readDescription(int number) {
        long at = cursor.position();
        String name = cursor.readText("the name of tensor number " + number, MetadataReader.MAXIMUM_NAME_BYTES, true);
        if (name.isEmpty()) {
            throw cursor.fault(at, "tensor number " + number + " has no name");
        }
        String quoted = "tensor " + Quoted.of(name);
        at = cursor.position();
        int rank = cursor.readInt("the number of dimensions of " + quoted);
        if (rank < 1 || rank > MAXIMUM_DIMENSIONS) {
            throw cursor.fault(
                    at,
                    quoted + " has " + Integer.toUnsignedString(rank) + " dimensions; expected 1 to "
                            + MAXIMUM_DIMENSIONS);
        }
        List<Long> shape = new ArrayList<>();
        for (int dimension = 0; dimension < rank; dimension++) {
            shape.add(readLength(quoted));
        }
        // The file lists the fastest-varying dimension first.
        Collections.reverse(shape);
        BlockFormat format = readFormat(quoted);
        checkShape(quoted, format, shape);
        return new Description(new TensorInfo(name, format, shape), cursor.readLong("the offset of " + quoted));
    }

    private long readLength(String quoted) {
        long at = cursor.position();
        long length = cursor.readLong("the shape of " + quoted);
        if (length < 1) {
            throw cursor.fault(
                    at, quoted + " has a dimension of " + Long.toUnsignedString(length) + "; expected 1 to 2^63 - 1");
        }
        return length;
    }

    private BlockFormat readFormat(String quoted) {
        int id = cursor.readInt("the block format of " + quoted);
        return FormatNames.find(id)
                .orElseThrow(() -> new ModelFileException(source + ": " + quoted + " is stored in block format "
                        + FormatNames.describe(id) + "; expected one of " + FormatNames.supported()
                        + ". Quantise the model to one of these"));
    }

    private void checkShape(String quoted, BlockFormat format, List<Long> shape) {
        long columns = shape.get(shape.size() - 1);
        if (columns % format.blockSize() != 0) {
            throw new ModelFileException(source + ": " + quoted + " of shape " + shape + " has rows of " + columns
                    + " values; " + format + " expects a multiple of " + format.blockSize() + REMEDY);
        }
        // A product beyond the values that so many bytes can hold is a lie, and is found before it overflows.
        long left = storage.size() * BlockFormat.MAXIMUM_VALUES_PER_BYTE;
        for (long length : shape) {
            left /= length;
        }
        if (left == 0) {
            throw new ModelFileException(source + ": " + quoted + " of shape " + shape + " in " + format
                    + " is larger than the whole file of " + storage.size() + " bytes" + REMEDY);
        }
    }

    private StoredTensor place(Description description, long dataStart) {
        TensorInfo info = description.info();
        long relative = description.relativeOffset();
        long available = storage.size() - dataStart;
        if (relative < 0 || relative > available || info.bytes() > available - relative) {
            throw new ModelFileException(source + ": tensor " + Quoted.of(info.name()) + " of " + info.bytes()
                    + " bytes begins at byte " + Long.toUnsignedString(relative) + " of the data, which begins at byte "
                    + dataStart + ", but the file ends at byte " + storage.size() + REMEDY);
        }
        if (relative % alignment != 0) {
            throw new ModelFileException(source + ": tensor " + Quoted.of(info.name()) + " begins at byte " + relative
                    + " of the data; expected a multiple of the alignment " + alignment + REMEDY);
        }
        return new StoredTensor(info, storage, dataStart + relative);
    }

    private void checkDisjoint(Map<String, StoredTensor> tensors) {
        List<StoredTensor> byOffset = new ArrayList<>(tensors.values());
        byOffset.sort(Comparator.comparingLong(StoredTensor::offset));
        for (int index = 1; index < byOffset.size(); index++) {
            StoredTensor before = byOffset.get(index - 1);
            StoredTensor tensor = byOffset.get(index);
            if (tensor.offset() < before.offset() + before.info().bytes()) {
                throw new ModelFileException(source + ": tensor "
                        + Quoted.of(tensor.info().name()) + " at byte " + tensor.offset() + " overlaps tensor "
                        + Quoted.of(before.info().name()) + ", bytes " + before.offset() + " to "
                        + (before.offset() + before.info().bytes()) + REMEDY);
            }
        }
    }
}
