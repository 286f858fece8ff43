package io.promptmill.udf.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that this process shares with none but its own container, or with the whole machine.
 *
 * @param bytes {@link Long#MAX_VALUE} where nothing says so
 * @param swapBytes that may be used beyond them, at most
 * @param source the file that says so
 */
public record MemoryLimit(long bytes, long swapBytes, String source) {
    public static final MemoryLimit NONE = new MemoryLimit(Long.MAX_VALUE, 0, "");

    private static final Pattern MEMORY_INFO = Pattern.compile("(MemTotal|SwapTotal):\\s+(\\d{1,15}) kB");
    /** {@code hierarchy:controllers:path}; version 2 is hierarchy 0 and names no controllers. */
    private static final Pattern GROUP = Pattern.compile("(\\d+):([^:]*):(/.*)");

    /** The least of the machine's memory and the limits of the control groups, version 1 and 2, that this process is in. */
    public static MemoryLimit ofThisProcess() {
        return read(Path.of("/"));
    }

    /**
     * As {@link #ofThisProcess}, by the files of another root.
     *
     * @param root with {@code proc} and {@code sys}
     */
    static MemoryLimit read(Path root) {
        MemoryLimit least = NONE;
        long swapBytes = 0;
        Path memoryInfo = root.resolve("proc/meminfo");
        for (String line : lines(memoryInfo)) {
            Matcher matcher = MEMORY_INFO.matcher(line);
            if (matcher.matches()) {
                long bytes = Long.parseLong(matcher.group(2)) << 10;
                if (matcher.group(1).equals("SwapTotal")) {
                    swapBytes = bytes;
                } else {
                    least = new MemoryLimit(bytes, 0, memoryInfo.toString());
                }
            }
        }
        Path groups = root.resolve("sys/fs/cgroup");
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            Matcher matcher = GROUP.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            if (matcher.group(1).equals("0")) {
                least = least.orLess(groups, matcher.group(3), "memory.max");
                least = least.orLess(groups.resolve("unified"), matcher.group(3), "memory.max");
            } else if (Arrays.asList(matcher.group(2).split(",")).contains("memory")) {
                least = least.orLess(groups.resolve("memory"), matcher.group(3), "memory.limit_in_bytes");
            }
        }
        return new MemoryLimit(least.bytes, swapBytes, least.source);
    }

    /** Above a group are others that hold it to their limits, too. Inside a container its own may be the root. */
    private MemoryLimit orLess(Path mount, String group, String file) {
        MemoryLimit least = this;
        Path folder = mount.resolve(group.substring(1)).normalize();
        // Seen from another namespace, a group may lie beside the root: /../other.
        for (folder = folder.startsWith(mount) ? folder : mount;
                folder.startsWith(mount);
                folder = folder.getParent()) {
            for (String line : lines(folder.resolve(file))) {
                // Else "max"; and version 1 writes a number beyond any machine's memory.
                if (line.matches("\\d{1,18}") && Long.parseLong(line) < least.bytes) {
                    least = new MemoryLimit(
                            Long.parseLong(line), 0, folder.resolve(file).toString());
                }
            }
        }
        return least;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
