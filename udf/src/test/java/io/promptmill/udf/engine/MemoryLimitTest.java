package io.promptmill.udf.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {
    private static final String UNLIMITED_V1 = "9223372036854771712\n";

    @TempDir
    private Path root;

    @Test
    void withoutFilesThereIsNone() {
        assertEquals(MemoryLimit.NONE, MemoryLimit.read(root));
    }

    @Test
    void theMachineHasWhatItHas() throws IOException {
        machine();
        assertEquals(new MemoryLimit(16L << 30, 2L << 30, source("proc/meminfo")), MemoryLimit.read(root));
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", "max\n");
        assertEquals(16L << 30, MemoryLimit.read(root).bytes());
        write("sys/fs/cgroup/memory.max", (64L << 30) + "\n");
        assertEquals(16L << 30, MemoryLimit.read(root).bytes());
    }

    @Test
    void version2HoldsAGroupToTheLimitsOfThoseAbove() throws IOException {
        machine();
        write("proc/self/cgroup", "0::/kubepods.slice/pod/container\n");
        write("sys/fs/cgroup/kubepods.slice/memory.max", (12L << 30) + "\n");
        write("sys/fs/cgroup/kubepods.slice/pod/memory.max", (4L << 30) + "\n");
        write("sys/fs/cgroup/kubepods.slice/pod/container/memory.max", "max\n");
        write("sys/fs/cgroup/kubepods.slice/other/memory.max", "1024\n");
        assertEquals(
                new MemoryLimit(4L << 30, 2L << 30, source("sys/fs/cgroup/kubepods.slice/pod/memory.max")),
                MemoryLimit.read(root));
    }

    @Test
    void insideAContainerItsGroupIsTheRoot() throws IOException {
        machine();
        write("proc/self/cgroup", "0::/../../somewhere\n");
        write("sys/fs/cgroup/memory.max", (3L << 30) + "\n");
        assertEquals(new MemoryLimit(3L << 30, 2L << 30, source("sys/fs/cgroup/memory.max")), MemoryLimit.read(root));
    }

    @Test
    void version1NamesItsControllers() throws IOException {
        machine();
        write("proc/self/cgroup", "9:cpu,cpuacct:/a\n4:memory:/docker/1f\n1:name=systemd:/\n");
        write("sys/fs/cgroup/cpu/a/memory.limit_in_bytes", "1024\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED_V1);
        assertEquals(16L << 30, MemoryLimit.read(root).bytes());
        write("sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes", (5L << 30) + "\n");
        assertEquals(5L << 30, MemoryLimit.read(root).bytes());
    }

    @Test
    void whatIsNotUnderstoodIsPassedOver() throws IOException {
        write("proc/meminfo", "MemTotal: lots kB\n");
        write("proc/self/cgroup", "nonsense\n0:/x\n0::relative\n0::/ok\n");
        write("sys/fs/cgroup/ok/memory.max", "-5\n\nmaximal\n");
        Files.createDirectories(root.resolve("sys/fs/cgroup/memory.max"));
        assertEquals(MemoryLimit.NONE, MemoryLimit.read(root));
    }

    @Test
    void thisProcessHasSomething() {
        assertTrue(MemoryLimit.ofThisProcess().bytes() > 1 << 20);
    }

    private void machine() throws IOException {
        write("proc/meminfo", """
                MemTotal:       16777216 kB
                MemFree:          123456 kB
                SwapTotal:       2097152 kB
                """);
    }

    private String source(String file) {
        return root.resolve(file).toString();
    }

    private void write(String file, String content) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
