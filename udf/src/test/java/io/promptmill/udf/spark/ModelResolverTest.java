package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ModelResolverTest {
    @TempDir
    private Path folder;

    private Path source;
    private Path log;
    private Path cacheFolder;
    private Configuration hadoop;
    private byte[] bytes;

    @BeforeEach
    void makeSource() throws IOException {
        Files.createDirectories(folder.resolve("source"));
        source = folder.resolve("source/tiny model.gguf");
        log = folder.resolve("reads.log");
        cacheFolder = folder.resolve("cache");
        hadoop = ElsewhereFileSystem.configuration(log);
        bytes = new byte[3_000_000];
        new Random(1).nextBytes(bytes);
        Files.write(source, bytes);
    }

    private ModelLocation resolve(String reference) {
        return new ModelResolver(hadoop, new ModelCache(cacheFolder)).resolve(reference);
    }

    private String elsewhere(Path path) {
        return "elsewhere:" + path;
    }

    private long reads() throws IOException {
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void localPathsAndFileUrisAreUsedInPlace() throws IOException {
        assertEquals(source.toRealPath(), resolve(source.toString()).path());
        assertEquals(source.toRealPath(), resolve("file://" + source).path());
        assertEquals(
                source.toRealPath(),
                resolve(source.toUri().toString().replace("%20", " ")).path());
        assertTrue(Files.notExists(cacheFolder));
        String before = resolve(source.toString()).fingerprint();
        Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000));
        assertNotEquals(before, resolve(source.toString()).fingerprint());
    }

    @Test
    void aHadoopFilesystemIsReadOnce() throws IOException {
        ModelLocation first = resolve(elsewhere(source));
        ModelLocation second = resolve(elsewhere(source));
        assertEquals(first, second);
        assertEquals(1, reads());
        assertTrue(first.path().startsWith(cacheFolder));
        assertEquals("tiny model.gguf", first.path().getFileName().toString());
        assertArrayEquals(bytes, Files.readAllBytes(first.path()));
    }

    @Test
    void aPathOfTheDefaultFilesystemIsFetched() throws IOException {
        hadoop.set("fs.defaultFS", "elsewhere:///");
        Path hidden = source.resolveSibling("only-there");
        assertEquals(
                "model '" + hidden + "' is not found; searched: " + hidden + ", elsewhere:" + hidden
                        + "; give a path that every node has, a URI such as hdfs:///models/name.gguf,"
                        + " or the name of a file shipped with --files",
                assertThrows(ModelFileException.class, () -> resolve(hidden.toString()))
                        .getMessage()
                        .replace("elsewhere://", "elsewhere:"));
    }

    @Test
    void aChangedSourceIsFetchedAnew() throws IOException {
        ModelLocation before = resolve(elsewhere(source));
        bytes[0] ^= 1;
        Files.write(source, bytes);
        Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000));
        ModelLocation after = resolve(elsewhere(source));
        assertNotEquals(before, after);
        assertEquals(2, reads());
        assertArrayEquals(bytes, Files.readAllBytes(after.path()));
    }

    @Test
    void aBrokenCacheEntryIsFetchedAgain() throws IOException {
        Path cached = resolve(elsewhere(source)).path();
        Files.write(cached, Arrays.copyOf(bytes, 1000));
        assertArrayEquals(bytes, Files.readAllBytes(resolve(elsewhere(source)).path()));
        assertEquals(2, reads());
        byte[] other = bytes.clone();
        other[5] ^= 1;
        Files.write(cached, other, StandardOpenOption.WRITE);
        assertArrayEquals(bytes, Files.readAllBytes(resolve(elsewhere(source)).path()));
        assertEquals(3, reads());
        Files.setLastModifiedTime(cached, FileTime.fromMillis(1_000_000));
        resolve(elsewhere(source));
        assertEquals(3, reads(), "the same bytes at another time are still the model");
        Files.delete(cached);
        resolve(elsewhere(source));
        assertEquals(4, reads());
        Files.writeString(cached.resolveSibling("fetched.txt"), "nonsense\n");
        assertArrayEquals(bytes, Files.readAllBytes(resolve(elsewhere(source)).path()));
        assertEquals(5, reads());
    }

    @Test
    void aTruncatedCopyIsRefused() throws IOException {
        hadoop.set(ElsewhereFileSystem.DAMAGE, "truncate");
        ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(elsewhere(source)));
        assertTrue(refused.getMessage().contains("length 1500000 instead of 3000000"), refused.getMessage());
        hadoop.unset(ElsewhereFileSystem.DAMAGE);
        assertArrayEquals(bytes, Files.readAllBytes(resolve(elsewhere(source)).path()));
    }

    @Test
    void theFilesystemsChecksumIsCompared() throws IOException {
        hadoop.setBoolean(ElsewhereFileSystem.CHECKSUMS, true);
        hadoop.set(ElsewhereFileSystem.DAMAGE, "flip");
        ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(elsewhere(source)));
        assertTrue(refused.getMessage().contains("has CRC-32C "), refused.getMessage());
        hadoop.unset(ElsewhereFileSystem.DAMAGE);
        assertArrayEquals(bytes, Files.readAllBytes(resolve(elsewhere(source)).path()));
    }

    @Test
    void allPartsOfASplitModelAreFetched() throws IOException {
        for (int part = 1; part <= 3; part++) {
            Files.write(source.resolveSibling("split-0000" + part + "-of-00003.gguf"), new byte[] {(byte) part});
        }
        Path first = source.resolveSibling("split-00001-of-00003.gguf");
        Path cached = resolve(elsewhere(first)).path();
        assertEquals(3, reads());
        for (int part = 1; part <= 3; part++) {
            assertArrayEquals(
                    new byte[] {(byte) part},
                    Files.readAllBytes(cached.resolveSibling("split-0000" + part + "-of-00003.gguf")));
        }
        assertEquals(first.toRealPath(), resolve(first.toString()).path());
        Files.delete(source.resolveSibling("split-00003-of-00003.gguf"));
        for (String reference : List.of(elsewhere(first), first.toString())) {
            ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(reference));
            assertTrue(refused.getMessage().contains("split-00003-of-00003.gguf is missing"), refused.getMessage());
        }
    }

    @Test
    void aFolderIsUsedInPlaceOrFetchedAsAWhole() throws IOException {
        Path model = Files.createDirectories(folder.resolve("source/published"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin")) {
            Files.write(model.resolve(name), Arrays.copyOf(bytes, name.length()));
        }
        Files.createDirectories(model.resolve("onnx.json"));
        ModelLocation local = resolve(model.toString());
        assertEquals(model.toRealPath(), local.path());
        Path cached = resolve(elsewhere(model)).path();
        assertEquals(3, reads(), "the pickle stays where it is");
        try (Stream<Path> files = Files.list(cached)) {
            assertEquals(
                    List.of("config.json", "fetched.txt", "model.safetensors", "tokenizer.json"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertArrayEquals(Arrays.copyOf(bytes, 17), Files.readAllBytes(cached.resolve("model.safetensors")));
        assertEquals(cached, resolve(elsewhere(model)).path());
        assertEquals(3, reads());
        Files.setLastModifiedTime(model.resolve("tokenizer.json"), FileTime.fromMillis(1_000_000));
        assertNotEquals(local.fingerprint(), resolve(model.toString()).fingerprint());
        assertNotEquals(cached, resolve(elsewhere(model)).path());
        assertEquals(6, reads());
        Files.delete(model.resolve("config.json"));
        for (String reference : List.of(elsewhere(model), model.toString())) {
            ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(reference));
            assertTrue(refused.getMessage().contains("without config.json"), refused.getMessage());
        }
    }

    @Test
    void whatIsNoModelIsNamed() {
        for (String reference : List.of("elsewhere:/no/such.gguf", "file:/no/such.gguf", "/no/such.gguf")) {
            ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(reference));
            assertTrue(refused.getMessage().startsWith("model '" + reference + "' is not found; searched: "));
        }
        for (String reference : List.of(elsewhere(folder), folder.toString(), "elsewhere:/")) {
            ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve(reference));
            assertTrue(refused.getMessage().contains("is a folder"), refused.getMessage());
        }
        ModelFileException refused = assertThrows(ModelFileException.class, () -> resolve("nosuch://host/model.gguf"));
        assertTrue(refused.getMessage().contains("connector"), refused.getMessage());
    }

    @Test
    void threadsFetchOnce() throws Exception {
        hadoop.setLong(ElsewhereFileSystem.DELAY_MILLIS, 300);
        ExecutorService tasks = Executors.newFixedThreadPool(8);
        try {
            Callable<ModelLocation> fetch = () -> resolve(elsewhere(source));
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
        assertEquals(1, reads());
    }

    @Test
    void processesFetchOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            processes.add(ChildJvm.start(
                    FetchMain.class,
                    "256m",
                    folder.resolve("output-" + index),
                    elsewhere(source),
                    cacheFolder.toString(),
                    log.toString()));
        }
        for (int index = 0; index < 2; index++) {
            assertTrue(processes.get(index).waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, processes.get(index).exitValue(), Files.readString(folder.resolve("output-" + index)));
        }
        assertEquals(1, reads());
        try (Stream<Path> left = Files.walk(cacheFolder)) {
            assertTrue(left.noneMatch(path -> path.toString().endsWith(".part")));
        }
    }

    @Test
    void theSharedFolderIsKeptFromOthers() throws IOException {
        Path mine = folder.resolve("private");
        PrivateFolder.create(mine);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(mine)));
        PrivateFolder.create(mine);
        Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(ModelFileException.class, () -> PrivateFolder.create(mine));
    }
}
