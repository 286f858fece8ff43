package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.kernels.BlockDecoder;
import io.promptmill.udf.kernels.ScalarBlockDecoders;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.Matrix;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model in the GGUF format (ggml-org/ggml, {@code docs/gguf.md}), versions 2 and 3, little-endian, in one file or
 * several. Files are mapped, so that opening reads headers only and processes on one machine share the pages. Every
 * statement of a header has been checked against the file when {@link #open} returns; what the numbers mean for an
 * architecture has not. Thread-safe.
 */
public final class GgufFile implements ModelFile {
    /** Values of a vector decoded at once: whole blocks of every format. */
    private static final int CHUNK_VALUES = 1 << 14;

    private final List<GgufPart> parts;
    private final Map<String, StoredTensor> stored;
    private final Map<String, TensorInfo> tensors;

    private GgufFile(List<GgufPart> parts) {
        this.parts = parts;
        this.stored = SplitModel.join(parts);
        Map<String, TensorInfo> infos = new LinkedHashMap<>();
        stored.forEach((name, tensor) -> infos.put(name, tensor.info()));
        this.tensors = Collections.unmodifiableMap(infos);
    }

    /**
     * Opens the model at {@code path}; where it consists of several files, {@code path} is any of them (by habit the
     * first) and the others are found beside it.
     *
     * @throws ModelFileException where a file is missing, unreadable, no GGUF, damaged, or holds a tensor in a block
     *     format that this engine does not read
     */
    public static GgufFile open(Path path) {
        return open(path, MappedBytes.WINDOW_BYTES);
    }

    /**
     * As {@link #open(Path)}.
     *
     * @param windowBytes bytes of a window of the mapping
     */
    static GgufFile open(Path path, int windowBytes) {
        return new GgufFile(SplitModel.openAll(GgufPart.open(path, windowBytes), windowBytes));
    }

    /** {@inheritDoc} Of a model in several files, the metadata of the first. */
    @Override
    public Metadata metadata() {
        return parts.get(0).header().metadata();
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public Matrix matrix(String name, int rows, int columns) {
        StoredTensor tensor = require(name, List.of((long) rows, (long) columns));
        return new Matrix(name, tensor.info().format(), rows, columns, tensor.storage(), tensor.offset());
    }

    @Override
    public Matrix[] matrices(String name, int count, int rows, int columns) {
        StoredTensor tensor = require(name, List.of((long) count, (long) rows, (long) columns));
        BlockFormat format = tensor.info().format();
        long bytes = rows * format.bytesOf(columns);
        Matrix[] parts = new Matrix[count];
        for (int i = 0; i < count; i++) {
            parts[i] = new Matrix(
                    name + " [" + i + "]", format, rows, columns, tensor.storage(), tensor.offset() + i * bytes);
        }
        return parts;
    }

    /** {@inheritDoc} Stored as a vector, or by some converters as a matrix of one row. */
    @Override
    public float[] vector(String name, int length) {
        StoredTensor stacked = stored.get(name);
        boolean isRow = stacked != null && stacked.info().shape().equals(List.of(1L, (long) length));
        StoredTensor tensor = isRow ? stacked : require(name, List.of((long) length));
        BlockFormat format = tensor.info().format();
        BlockDecoder decoder = ScalarBlockDecoders.of(format);
        float[] values = new float[length];
        byte[] blocks = new byte[(int) format.bytesOf(Math.min(length, CHUNK_VALUES))];
        for (int done = 0; done < length; done += CHUNK_VALUES) {
            int count = Math.min(CHUNK_VALUES, length - done);
            tensor.storage().read(tensor.offset() + format.bytesOf(done), blocks, 0, (int) format.bytesOf(count));
            decoder.decode(blocks, 0, values, done, count);
        }
        return values;
    }

    private StoredTensor require(String name, List<Long> shape) {
        StoredTensor tensor = stored.get(name);
        if (tensor == null) {
            throw new ModelFileException(metadata().source() + ": tensor " + Quoted.of(name) + " of shape " + shape
                    + " is missing. The file is incomplete or not of the architecture that it names;"
                    + " download it again or convert the model anew");
        }
        if (!tensor.info().shape().equals(shape)) {
            throw new ModelFileException(metadata().source() + ": tensor " + Quoted.of(name) + " has shape "
                    + tensor.info().shape() + "; expected " + shape
                    + " by the file's own metadata. The file is damaged; download it again or convert the model anew");
        }
        return tensor;
    }

    /** {@inheritDoc} Reading from a matrix afterwards throws {@link IllegalStateException}. */
    @Override
    public void close() {
        parts.forEach(part -> part.bytes().close());
    }
}
