package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.ByteStorage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * A whole file mapped read-only. A buffer spans at most 2 GiB, so that a file is a row of equally long windows; a read
 * may cross them. Thread-safe; as with any channel, interrupting a thread in {@link #load} closes it for all. After {@link #close} reads fail, and the pages go back to the system once the garbage
 * collector has found the buffers unreachable: Java 17 has no other way to unmap.
 *
 * <p>A file must not be cut while it is mapped. Where that happens the process survives, but the JVM throws an
 * {@link InternalError} in the reading thread at some point after the read, too late to be caught here.
 */
final class MappedBytes implements ByteStorage, AutoCloseable {
    /** Bytes of a window: 1 GiB, the largest power of two that a buffer can hold. */
    static final int WINDOW_BYTES = 1 << 30;

    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final int windowBytes;
    private volatile ByteBuffer[] windows;

    private MappedBytes(Path path, FileChannel channel, long size, int windowBytes, ByteBuffer[] windows) {
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.windowBytes = windowBytes;
        this.windows = windows;
    }

    /**
     * Maps {@code path}, touching none of its bytes.
     *
     * @param windowBytes bytes of a window, {@link #WINDOW_BYTES} but in tests
     * @throws ModelFileException where the path is no readable regular file
     */
    static MappedBytes open(Path path, int windowBytes) {
        // Checked before opening, because opening a pipe waits for its writer.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new ModelFileException(path + ": is " + (Files.isDirectory(path) ? "a directory" : "not a file")
                    + "; expected the path of a GGUF model file");
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            long size = channel.size();
            int count = Math.toIntExact((size + windowBytes - 1) / windowBytes);
            ByteBuffer[] windows = new ByteBuffer[count];
            for (int window = 0; window < count; window++) {
                long start = (long) window * windowBytes;
                windows[window] =
                        channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(windowBytes, size - start));
            }
            return new MappedBytes(path, channel, size, windowBytes, windows);
        } catch (NoSuchFileException absent) {
            throw new ModelFileException(path + ": no such file. Check the path of the model", absent);
        } catch (IOException failure) {
            close(channel);
            throw unreadable(path, failure);
        }
    }

    private static ModelFileException unreadable(Path path, IOException failure) {
        return new ModelFileException(
                path + ": cannot be read (" + failure + "). Check the permissions of the file", failure);
    }

    @Override
    public long size() {
        return size;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException after {@link #close}
     */
    @Override
    public void read(long offset, byte[] target, int targetOffset, int length) {
        Objects.checkFromIndexSize(offset, length, size);
        Objects.checkFromIndexSize(targetOffset, length, target.length);
        ByteBuffer[] mapped = windows;
        if (mapped == null) {
            throw new IllegalStateException(path + ": the model file has been closed");
        }
        int done = 0;
        while (done < length) {
            long position = offset + done;
            int inWindow = (int) (position % windowBytes);
            int count = Math.min(length - done, windowBytes - inWindow);
            mapped[(int) (position / windowBytes)].get(inWindow, target, targetOffset + done, count);
            done += count;
        }
    }

    /**
     * {@inheritDoc} Reads through the file's channel.
     *
     * @throws IllegalStateException after {@link #close}
     * @throws ModelFileException where the file cannot be read any more
     */
    @Override
    public void load(long offset, byte[] target, int targetOffset, int length) {
        Objects.checkFromIndexSize(offset, length, size);
        ByteBuffer rest = ByteBuffer.wrap(target, targetOffset, length);
        if (windows == null) {
            throw new IllegalStateException(path + ": the model file has been closed");
        }
        try {
            for (long position = offset; rest.hasRemaining(); ) {
                int count = channel.read(rest, position);
                if (count < 0) {
                    throw new EOFException("it ends at byte " + position);
                }
                position += count;
            }
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }

    @Override
    public void close() {
        windows = null;
        close(channel);
    }

    private static void close(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException ignored) {
            // It was only read from.
        }
    }
}
