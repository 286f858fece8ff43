package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MillionRowsTest {
    private static final int ROWS = 1_000_000;

    @Test
    void aMillionRowsPassThroughASmallHeap(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("log");
        long start = System.nanoTime();
        Process process = ChildJvm.start(
                MillionRowsMain.class, "512m", log, folder.resolve("out").toString(), Integer.toString(ROWS));
        boolean ended = process.waitFor(4, TimeUnit.MINUTES);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String output = Files.readString(log);
        assertTrue(ended, output);
        assertEquals(0, process.exitValue(), output);
        assertTrue(
                output.contains("rows, distinct, misaligned, min, max: " + ROWS + " " + ROWS + " 0 0 " + (ROWS - 1)),
                output);
        assertTrue(output.contains("counted: " + ROWS + ","), output);
        System.out.printf("%d rows in a heap of 512 MiB: %.1f s%n", ROWS, (System.nanoTime() - start) / 1e9);
        output.lines().filter(line -> line.startsWith("counted")).forEach(System.out::println);
    }
}
