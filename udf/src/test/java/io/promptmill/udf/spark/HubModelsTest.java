package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.hub.HubServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HubModelsTest {
    private static final String FILE = "hf://org/model/tiny-Q8_0.gguf";
    private static final String SHORT = "org/model:q8_0";

    @TempDir
    private Path cacheFolder;

    private HubServer server;
    private byte[] bytes;

    @BeforeEach
    void start() throws IOException {
        server = new HubServer();
        bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);
        server.file("tiny-Q8_0.gguf", bytes);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ModelResolver resolver() {
        return new ModelResolver(new Configuration(), new ModelCache(cacheFolder), () -> server.settings(null));
    }

    private ModelLocation resolve(String reference) {
        return resolver().resolve(reference);
    }

    @Test
    void aModelIsFetchedOnce() throws IOException {
        ModelLocation model = resolve(FILE);
        assertArrayEquals(bytes, Files.readAllBytes(model.path()));
        assertEquals("tiny-Q8_0.gguf", model.path().getFileName().toString());
        assertTrue(model.path().startsWith(cacheFolder));
        assertEquals(model, resolve(FILE));
        assertEquals(model, resolve(SHORT));
        assertEquals(1, server.downloads());
    }

    @Test
    void aPinnedModelInTheCacheNeedsNoHub() {
        String pinned = resolver().pin(SHORT);
        assertEquals("hf://org/model@" + server.commit + "/tiny-Q8_0.gguf", pinned);
        assertEquals(0, server.downloads());
        ModelLocation model = resolve(pinned);
        int requests = server.requests();
        assertEquals(model, resolve(pinned));
        assertEquals(requests, server.requests());
        server.close();
        assertEquals(model, resolve(pinned));
    }

    @Test
    void withoutTheHubTheModelIsTakenAsItWas() {
        ModelLocation model = resolve(SHORT);
        server.close();
        assertEquals(model, resolve(SHORT));
        assertEquals(
                "hf://org/model@" + server.commit + "/tiny-Q8_0.gguf",
                resolver().pin(SHORT));
        String message = assertThrows(ModelFileException.class, () -> resolve("hf://org/model"))
                .getMessage();
        assertTrue(message.contains("cannot be fetched from " + server.endpoint()), message);
    }

    @Test
    void aCommitThatLeavesTheModelAloneCostsNothing() throws IOException {
        ModelLocation before = resolve(SHORT);
        server.commit = "f".repeat(40);
        assertEquals(before, resolve(SHORT));
        assertEquals(1, server.downloads());
        server.commit = "e".repeat(40);
        byte[] other = bytes.clone();
        other[0] ^= 1;
        server.file("tiny-Q8_0.gguf", other);
        ModelLocation after = resolve(SHORT);
        assertNotEquals(before, after);
        assertArrayEquals(other, Files.readAllBytes(after.path()));
        assertTrue(Files.exists(before.path()), "a job under way keeps its model");
    }

    @Test
    void partsAndFoldersComeTogether() throws IOException {
        for (int part = 1; part <= 3; part++) {
            server.file("q/s-Q4_0-0000" + part + "-of-00003.gguf", new byte[] {(byte) part});
        }
        server.file("config.json", "{}".getBytes(StandardCharsets.UTF_8)).file("model.safetensors", bytes);
        Path first = resolve("org/model:Q4_0").path();
        for (int part = 1; part <= 3; part++) {
            assertArrayEquals(
                    new byte[] {(byte) part},
                    Files.readAllBytes(first.resolveSibling("s-Q4_0-0000" + part + "-of-00003.gguf")));
        }
        Path folder = resolve("hf://org/model").path();
        assertTrue(Files.isDirectory(folder));
        assertArrayEquals(bytes, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertEquals("{}", Files.readString(folder.resolve("config.json")));
        Files.delete(folder.resolve("config.json"));
        assertEquals(folder, resolve("hf://org/model").path());
        assertEquals("{}", Files.readString(folder.resolve("config.json")));
        assertEquals(6, server.downloads(), "of a folder that lacks a file, this file alone is fetched");
    }

    @Test
    void aDamagedCacheIsRepaired() throws IOException {
        Path model = resolve(FILE).path();
        Files.write(model, new byte[10]);
        assertArrayEquals(bytes, Files.readAllBytes(resolve(FILE).path()));
        List<Path> records;
        try (Stream<Path> files = Files.list(cacheFolder)) {
            records = files.filter(path -> path.toString().endsWith(".txt")).toList();
        }
        assertEquals(2, records.size(), "of the reference and of what it stood for");
        for (Path record : records) {
            Files.write(record, new byte[] {(byte) 0xFF, 0});
        }
        assertEquals(model, resolve(FILE).path());
        assertEquals(2, server.downloads());
    }

    @Test
    void threadsFetchOnce() throws Exception {
        server.delay(300);
        ExecutorService tasks = Executors.newFixedThreadPool(8);
        try {
            Callable<ModelLocation> fetch = () -> resolve(FILE);
            List<Future<ModelLocation>> models = new ArrayList<>();
            for (int task = 0; task < 8; task++) {
                models.add(tasks.submit(fetch));
            }
            for (Future<ModelLocation> model : models) {
                assertArrayEquals(bytes, Files.readAllBytes(model.get().path()));
            }
        } finally {
            tasks.shutdownNow();
        }
        assertEquals(1, server.downloads());
    }

    @Test
    void processesFetchOnce() throws Exception {
        server.delay(1500);
        List<Process> processes = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            processes.add(ChildJvm.start(
                    HubFetchMain.class,
                    "256m",
                    cacheFolder.resolve("output-" + index),
                    SHORT,
                    cacheFolder.toString(),
                    server.endpoint().toString()));
        }
        for (int index = 0; index < 2; index++) {
            assertTrue(processes.get(index).waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, processes.get(index).exitValue(), Files.readString(cacheFolder.resolve("output-" + index)));
        }
        assertEquals(1, server.downloads());
    }

    @Test
    void anExistingFileIsNotSoughtOnTheHub() throws IOException {
        assertTrue(ModelResolver.isOnHub("hf://org/model"));
        assertTrue(ModelResolver.isOnHub("target/model-resolver-test:Q8_0"));
        Path here = Path.of("target/model-resolver-test:Q8_0");
        Files.createDirectories(here.getParent());
        Files.write(here, bytes);
        try {
            assertFalse(ModelResolver.isOnHub(here.toString()));
            assertEquals(here.toRealPath(), resolve(here.toString()).path());
        } finally {
            Files.delete(here);
        }
    }
}
