package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.job.ExecutorMemory.Kind;
import io.promptmill.udf.engine.EngineMemory;
import io.promptmill.udf.engine.MemoryLimit;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class ExecutorMemoryTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final String OVERHEAD = "spark.executor.memoryOverhead";

    /** A Llama 3 of eight billion weights with a context of 8,192 tokens of 128 KiB each. */
    private static final EngineMemory LARGE = new EngineMemory("int8", 7_163 * MIB, 532 * MIB, 8192, 512, 2 * MIB, 0);

    private static final EngineMemory IN_FILE = new EngineMemory("f32", 0, 8_144 * MIB, 8192, 512, 4 * MIB, 0);
    private static final EngineMemory TINY = new EngineMemory("int8", 5 * MIB, MIB, 256, 16, MIB / 20, 0);

    @Test
    void containersHaveWhatSparkGivesThem() {
        assertEquals(container(GIB, 384 * MIB), memory("k8s://https://host", 1024));
        assertEquals(container(16 * GIB, 16 * GIB / 10), memory("k8s://https://host", 16_384));
        assertEquals(container(16 * GIB, 9 * GIB), memory("k8s://host", 16_384, OVERHEAD, "9g"));
        assertEquals(container(16 * GIB, 9216 * MIB), memory("k8s://host", 16_384, OVERHEAD, "9216"));
        assertEquals(container(4 * GIB, GIB), memory("k8s://h", 4096, "spark.executor.memoryOverheadFactor", "0.25"));
        assertEquals(
                container(4 * GIB, 2 * GIB), memory("k8s://h", 4096, "spark.kubernetes.memoryOverheadFactor", "0.5"));
        assertEquals(container(GIB, GIB), memory("k8s://h", 1024, "spark.executor.minMemoryOverhead", "1g"));
        assertEquals(
                container(GIB, 3 * GIB),
                memory(
                        "k8s://h",
                        1024,
                        OVERHEAD,
                        "1g",
                        "spark.memory.offHeap.enabled",
                        "true",
                        "spark.memory.offHeap.size",
                        "2g"));
    }

    @Test
    void yarnRoundsContainersUpAndMayNotCheckThem() {
        assertEquals(new ExecutorMemory(Kind.YARN, 4 * GIB, 4 * GIB / 10, 5 * GIB), memory("yarn", 4096));
        Configuration lenient = new Configuration(false);
        lenient.setBoolean("yarn.nodemanager.pmem-check-enabled", false);
        ExecutorMemory unchecked = ExecutorMemory.onCluster(conf("yarn"), 4 * GIB, lenient);
        assertEquals(Optional.empty(), unchecked.problem(LARGE));
        assertTrue(unchecked.doubt(LARGE).isPresent());
    }

    @Test
    void aContainerThatCannotHoldTheWeightsIsRefusedWithTheOverheadToSet() {
        assertMentions(
                memory("k8s://https://host", 4096).problem(LARGE),
                "weights in int8 take 7.0 GiB outside the heap",
                "container has 4.4 GiB, of which the heap may take 4.0 GiB",
                "spark.executor.memoryOverhead to at least 7573m");
        // With the pages of the token table, which YARN counts.
        assertMentions(memory("yarn", 4096).problem(LARGE), "spark.executor.memoryOverhead to at least 8105m");
        for (ExecutorMemory raised : new ExecutorMemory[] {
            memory("k8s://https://host", 4096, OVERHEAD, "7573m"), memory("yarn", 4096, OVERHEAD, "8105m")
        }) {
            assertEquals(Optional.empty(), raised.problem(LARGE));
            assertEquals(Optional.empty(), raised.doubt(LARGE));
        }
    }

    @Test
    void aContainerThatHoldsThemWhileTheHeapIsNotFullIsDoubted() {
        ExecutorMemory executor = memory("k8s://https://host", 16_384);
        assertEquals(Optional.empty(), executor.problem(LARGE));
        assertMentions(
                executor.doubt(LARGE), "may be killed once the heap is full", "memoryOverhead to at least 8802m");
        assertEquals(
                Optional.empty(),
                memory("k8s://https://host", 16_384, OVERHEAD, "8802m").doubt(LARGE));
        assertEquals(Optional.empty(), executor.doubt(IN_FILE));
        assertMentions(memory("yarn", 16_384).doubt(IN_FILE), "8.0 GiB", "mapped file", "at least 9783m");
    }

    @Test
    void aHeapThatCannotHoldTheContextIsRefusedAnywhere() {
        for (String master :
                new String[] {"yarn", "k8s://https://host", "spark://host:7077", "local-cluster[1,1,2048]"}) {
            assertMentions(
                    memory(master, 2048, OVERHEAD, "9g").problem(LARGE),
                    "one sequence of 8192 tokens take 1.0 GiB",
                    "spark.executor.memory to at least 2560m",
                    "engine.max_context to at most 6544");
            assertEquals(Optional.empty(), memory(master, 2560, OVERHEAD, "9g").problem(LARGE));
        }
        assertMentions(ExecutorMemory.local(2 * GIB, MemoryLimit.NONE).problem(LARGE), "PROMPTMILL_MEMORY", "2560m");
        EngineMemory configured = new EngineMemory("f32", 0, 0, 8192, 512, 2 * MIB, GIB - 1);
        assertMentions(memory("yarn", 65_536).problem(configured), "kv_cache_bytes", "at least 1073741824", "8176");
    }

    @Test
    void aStandaloneClusterHoldsNoProcessToItsMemory() {
        ExecutorMemory executor = memory("spark://host:7077", 4096);
        assertEquals(Optional.empty(), executor.problem(LARGE));
        assertEquals(Optional.empty(), executor.doubt(LARGE));
    }

    @Test
    void theDriversMachineHasToHoldTheWeightsOfALocalJob() {
        MemoryLimit limit = new MemoryLimit(6 * GIB, 0, "memory.max");
        assertMentions(
                ExecutorMemory.local(3 * GIB, limit).problem(LARGE),
                "has 6.0 GiB in all",
                "at least 10.4 GiB",
                "3.0 GiB");
        assertEquals(Optional.empty(), ExecutorMemory.local(3 * GIB, limit).problem(TINY));
        MemoryLimit swapping = new MemoryLimit(6 * GIB, 2 * GIB, "memory.max");
        assertEquals(Optional.empty(), ExecutorMemory.local(3 * GIB, swapping).problem(LARGE));
        assertEquals(Optional.empty(), ExecutorMemory.local(6 * GIB, limit).problem(IN_FILE));
        assertEquals(
                Optional.empty(),
                ExecutorMemory.local(3 * GIB, MemoryLimit.NONE).problem(LARGE));
    }

    @Test
    void theShippedExamplesHoldTheModelThatTheyName() throws IOException {
        for (String file : List.of("standalone", "yarn", "kubernetes")) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(Path.of("../conf", file + ".conf"))) {
                properties.load(reader);
            }
            SparkConf conf = conf(
                    switch (file) {
                        case "standalone" -> "spark://host:7077";
                        case "yarn" -> "yarn";
                        default -> "k8s://https://host";
                    });
            for (String key : properties.stringPropertyNames()) {
                assertTrue(key.startsWith("spark."), key);
                conf.set(key, properties.getProperty(key).strip());
            }
            long heap = conf.getSizeAsBytes("spark.executor.memory");
            ExecutorMemory executor = ExecutorMemory.onCluster(conf, heap, new Configuration(false));
            assertEquals(Optional.empty(), executor.problem(LARGE), file);
            assertEquals(Optional.empty(), executor.doubt(LARGE), file);
            assertEquals(16, ClusterSlots.slots(conf, 16, conf.getInt("spark.executor.cores", 0)), file);
        }
    }

    private static ExecutorMemory container(long heap, long beside) {
        return new ExecutorMemory(Kind.KUBERNETES, heap, beside, heap + beside);
    }

    private static ExecutorMemory memory(String master, long heapMebibytes, String... settings) {
        return ExecutorMemory.onCluster(conf(master, settings), heapMebibytes * MIB, new Configuration(false));
    }

    private static SparkConf conf(String master, String... settings) {
        SparkConf conf = new SparkConf(false).setMaster(master);
        for (int i = 0; i < settings.length; i += 2) {
            conf.set(settings[i], settings[i + 1]);
        }
        return conf;
    }

    private static void assertMentions(Optional<String> message, String... parts) {
        for (String part : parts) {
            assertTrue(message.orElse("nothing").contains(part), message + " without " + part);
        }
    }
}
