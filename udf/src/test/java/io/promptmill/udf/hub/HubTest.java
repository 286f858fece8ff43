package io.promptmill.udf.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HubTest {
    private static final String FILE = "hf://org/model/m Q8_0.gguf";
    private static final String NAME = "m Q8_0.gguf";
    private static final String TOKEN = "hf_secret";

    @TempDir
    private Path folder;

    private HubServer server;
    private byte[] content;
    private String userToken;

    @BeforeEach
    void start() throws IOException {
        server = new HubServer();
        content = new byte[600_000];
        new Random(1).nextBytes(content);
        server.file(NAME, content);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            throw new CancellationException("interrupted");
        }
    }

    private Hub hub() {
        return new Hub(server.settings(userToken), HubTest::sleep);
    }

    private List<FetchedFile> fetch(String reference) throws IOException {
        return hub().download(hub().find(HubReference.parse(reference), false), folder);
    }

    private void assertFetched() throws IOException {
        assertEquals(List.of(new FetchedFile(NAME, content.length, HubServer.sha256(content))), fetch(FILE));
        assertArrayEquals(content, Files.readAllBytes(folder.resolve(NAME)));
        assertEquals(List.of(NAME), left());
    }

    private String refusal(String reference) {
        return assertThrows(ModelFileException.class, () -> fetch(reference)).getMessage();
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private List<String> ranges() {
        return server.seen.stream()
                .filter(request -> request.path().contains("/resolve/"))
                .map(request -> String.valueOf(request.range()))
                .toList();
    }

    @Test
    void aFileComesWhole() throws IOException {
        assertFetched();
        assertEquals(1, server.downloads());
        assertFetched();
        assertEquals(1, server.downloads(), "what is there is kept");
    }

    @Test
    void brokenConnectionsAreGoneOnWith() throws IOException {
        server.breakAfter(100_000);
        server.breakAfter(0);
        server.answer(503);
        server.breakAfter(150_000);
        assertFetched();
        assertEquals(List.of("null", "bytes=100000-", "bytes=100000-", "bytes=100000-", "bytes=250000-"), ranges());
    }

    @Test
    void attemptsThatBringSomethingAreNotCounted() throws IOException {
        content = new byte[12 << 20];
        new Random(2).nextBytes(content);
        server.file(NAME, content);
        for (int i = 0; i < 2 * HubServer.ATTEMPTS; i++) {
            server.breakAfter((1 << 20) + 1000);
        }
        assertFetched();
        assertEquals(2 * HubServer.ATTEMPTS + 1, server.downloads());
    }

    @Test
    void anotherProcessGoesOnWithThePart() throws IOException {
        for (int i = 0; i < HubServer.ATTEMPTS; i++) {
            server.breakAfter(i == 0 ? 200_000 : 0);
        }
        String message = refusal(FILE);
        assertTrue(message.contains("cannot be fetched from " + server.endpoint()), message);
        assertEquals(List.of(NAME + ".part", NAME + ".part.version"), left());
        assertFetched();
        assertEquals("bytes=200000-", ranges().get(HubServer.ATTEMPTS));
    }

    @Test
    void aPartOfUnknownVersionOrTooLongIsNotUsed() throws IOException {
        Files.write(folder.resolve(NAME + ".part"), new byte[1000]);
        assertFetched();
        Files.delete(folder.resolve(NAME));
        Files.write(folder.resolve(NAME + ".part"), new byte[content.length + 1]);
        Files.writeString(folder.resolve(NAME + ".part.version"), server.tag);
        assertFetched();
        assertEquals(List.of("null", "null"), ranges());
    }

    @Test
    void aChangedFileIsBegunAnew() throws IOException {
        // Without checksums only the tag can tell that what comes does not belong to what is there.
        server.checksums = false;
        byte[] other = content.clone();
        other[5] ^= 1;
        for (boolean comparesItself : new boolean[] {true, false}) {
            server.file(NAME, content);
            server.tag = "\"one\"";
            server.breakAfter(100_000);
            server.mishaps.add((exchange, ignored) -> {
                server.file(NAME, other);
                server.tag = "\"two\"";
                if (comparesItself) {
                    server.begin(exchange, 200, 0, other);
                    exchange.getResponseBody().write(other);
                } else {
                    server.begin(exchange, 206, 100_000, other);
                    exchange.getResponseBody().write(other, 100_000, other.length - 100_000);
                }
                return true;
            });
            fetch(FILE);
            assertArrayEquals(other, Files.readAllBytes(folder.resolve(NAME)));
            Files.delete(folder.resolve(NAME));
        }
    }

    @Test
    void aWrongPieceIsNotTaken() throws IOException {
        server.breakAfter(100_000);
        server.mishaps.add((exchange, bytes) -> {
            server.begin(exchange, 206, 50_000, bytes);
            exchange.getResponseBody().write(bytes, 50_000, bytes.length - 50_000);
            return true;
        });
        server.answer(416);
        assertFetched();
    }

    @Test
    void aDamagedCopyIsFetchedOnceMoreAndThenRefused() throws IOException {
        for (int trial = 0; trial < 3; trial++) {
            server.mishaps.add((exchange, bytes) -> {
                byte[] damaged = bytes.clone();
                damaged[7] ^= 1;
                server.begin(exchange, 200, 0, damaged);
                exchange.getResponseBody().write(damaged);
                return true;
            });
        }
        String message = refusal(FILE);
        assertTrue(message.contains("instead of " + HubServer.sha256(content) + ", twice"), message);
        assertEquals(List.of(), left());
        assertFetched();
        assertEquals(4, server.downloads());
    }

    @Test
    void smallFilesAreComparedByTheirNameInGit() throws IOException {
        server.file("config.json", "{}".getBytes(StandardCharsets.UTF_8)).file("model.safetensors", content);
        server.file("tokenizer.json", new byte[0]);
        assertEquals(
                List.of("config.json", "tokenizer.json", "model.safetensors"),
                fetch("hf://org/model").stream().map(FetchedFile::name).toList());
        Files.delete(folder.resolve("config.json"));
        for (int trial = 0; trial < 2; trial++) {
            server.mishaps.add((exchange, bytes) -> {
                server.begin(exchange, 200, 0, bytes);
                exchange.getResponseBody().write("[]".getBytes(StandardCharsets.UTF_8));
                return true;
            });
        }
        String message = refusal("hf://org/model");
        assertTrue(message.contains("git SHA-1") && message.contains("config.json"), message);
    }

    @Test
    void theEndpointsTagIsAChecksumWhereTheListHasNone() throws IOException {
        server.checksums = false;
        server.linked = true;
        Snapshot snapshot = hub().find(HubReference.parse(FILE), false);
        server.mishaps.add((exchange, bytes) -> {
            server.begin(exchange, 200, 0, bytes);
            exchange.getResponseBody().write(new byte[bytes.length]);
            return true;
        });
        hub().download(snapshot, folder);
        assertArrayEquals(content, Files.readAllBytes(folder.resolve(NAME)));
        assertEquals(2, server.downloads());
    }

    @Test
    void theTokenStaysWithTheEndpoint() throws IOException {
        userToken = TOKEN;
        server.token = TOKEN;
        try (HubServer store = new HubServer()) {
            server.store = store;
            store.file(NAME, content);
            store.breakAfter(1000);
            // As a signed address that has expired.
            store.answer(403);
            assertFetched();
            assertEquals(3, store.seen.size());
            store.seen.forEach(request -> assertNull(request.authorization()));
            assertTrue(server.seen.stream().allMatch(request -> ("Bearer " + TOKEN).equals(request.authorization())));
            for (int i = 0; i < HubServer.ATTEMPTS; i++) {
                store.answer(403);
            }
            Files.delete(folder.resolve(NAME));
            String message = refusal(FILE);
            assertTrue(
                    message.contains("status 403")
                            && message.contains(store.endpoint().toString()),
                    message);
            assertFalse(message.contains("secret"), message);
        }
    }

    @Test
    void redirectsEndSomewhere() {
        for (int i = 0; i < HubServer.ATTEMPTS; i++) {
            server.answer(302, "Location", "ftp://elsewhere/x");
        }
        String message = refusal(FILE);
        assertTrue(message.contains("not https"), message);
        server.store = server;
        assertTrue(refusal(FILE).contains("redirects more than"), "round and round");
    }

    @Test
    void whoMayNotSeeItIsToldWhatToDo() {
        server.token = TOKEN;
        String without = refusal(FILE);
        assertTrue(
                without.contains("status 401: the repository is gated")
                        && without.contains(server.endpoint() + "/org/model")
                        && without.contains("set HF_TOKEN to your token"),
                without);
        userToken = "hf_another";
        String with = refusal(FILE);
        assertTrue(with.contains("status 403") && with.contains("the token in HF_TOKEN"), with);
        assertFalse(with.contains("hf_another"), with);
    }

    @Test
    void whatIsNotThereIsNamed() {
        String file = refusal("hf://org/model/m Q8_1.gguf");
        assertTrue(file.contains("no file 'm Q8_1.gguf'; did you mean 'm Q8_0.gguf'?"), file);
        String repository = refusal("hf://org/other/m.gguf");
        assertTrue(repository.contains("status 404: there is no such repository"), repository);
        String revision = refusal("hf://org/model@v2/m.gguf");
        assertTrue(revision.contains("no revision 'v2'"), revision);
        server.answer(404);
        assertTrue(refusal(FILE).contains("status 404"));
    }

    @Test
    void aBusyServerIsGivenTheTimeItAsksFor() throws IOException {
        server.answer(429, "Retry-After", "1");
        long start = System.nanoTime();
        assertFetched();
        assertTrue(System.nanoTime() - start >= Duration.ofSeconds(1).toNanos());
        Files.delete(folder.resolve(NAME));
        ZonedDateTime past = ZonedDateTime.now(ZoneOffset.UTC).minusDays(1);
        server.answer(500, "Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(past));
        server.answer(500, "Retry-After", "soon");
        assertFetched();
        Files.delete(folder.resolve(NAME));
        server.answer(429, "Retry-After", "86400");
        assertTrue(refusal(FILE).contains("status 429"), "a day is too long");
    }

    @Test
    void aServerThatStopsSendingIsLeft() throws IOException {
        CountDownLatch released = new CountDownLatch(1);
        server.mishaps.add((exchange, bytes) -> {
            server.begin(exchange, 200, 0, bytes);
            exchange.getResponseBody().write(bytes, 0, 5000);
            exchange.getResponseBody().flush();
            sleepUntil(released);
            return true;
        });
        server.mishaps.add((exchange, bytes) -> {
            sleepUntil(released);
            return true;
        });
        assertFetched();
        assertEquals(List.of("null", "bytes=5000-", "bytes=5000-"), ranges());
        released.countDown();
    }

    @Test
    void whoIsNoLongerWantedStops() throws IOException {
        Snapshot snapshot = hub().find(HubReference.parse(FILE), false);
        CountDownLatch released = new CountDownLatch(1);
        server.mishaps.add((exchange, bytes) -> {
            server.begin(exchange, 200, 0, bytes);
            exchange.getResponseBody().write(bytes, 0, 5000);
            exchange.getResponseBody().flush();
            sleepUntil(released);
            return true;
        });
        AtomicInteger looks = new AtomicInteger();
        Hub unwanted = new Hub(server.settings(null), millis -> {
            sleep(millis);
            if (looks.incrementAndGet() > 8) {
                throw new CancellationException("killed");
            }
        });
        assertThrows(CancellationException.class, () -> unwanted.download(snapshot, folder));
        released.countDown();
        assertFetched();
    }

    private static void sleepUntil(CountDownLatch released) {
        try {
            released.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aServerThatSendsTooMuchOrTooLittleIsNotBelieved() throws IOException {
        for (int i = 0; i < HubServer.ATTEMPTS; i++) {
            server.mishaps.add((exchange, bytes) -> {
                byte[] longer = new byte[bytes.length + 1];
                server.begin(exchange, 200, 0, longer);
                exchange.getResponseBody().write(longer);
                return true;
            });
        }
        assertTrue(refusal(FILE).contains("more than the 600000 bytes"));
        assertEquals(0, Files.size(folder.resolve(NAME + ".part")));
        for (int i = 0; i < HubServer.ATTEMPTS; i++) {
            server.mishaps.add((exchange, bytes) -> {
                server.begin(exchange, 200, 0, new byte[10]);
                exchange.getResponseBody().write(bytes, 0, 10);
                return true;
            });
        }
        assertTrue(refusal(FILE).contains("ended after 10 of 600000 bytes"));
    }

    @Test
    void aFullDiskIsNotTriedAgain() throws IOException {
        // A folder where the part should be fails as a full disk does: when it is written to.
        Files.createDirectories(folder.resolve(NAME + ".part/x"));
        String message = refusal(FILE);
        assertTrue(message.contains("cannot be written to " + folder) && message.contains("PROMPTMILL_CACHE"), message);
        assertEquals(0, server.downloads());
    }

    @Test
    void aModelLargerThanTheDiskIsRefusedFirst() {
        RemoteFile huge = new RemoteFile("m.gguf", Long.MAX_VALUE / 2, null, null);
        Snapshot snapshot =
                new Snapshot(HubReference.parse("hf://org/model").at(HubServer.COMMIT, "m.gguf"), false, List.of(huge));
        String message = assertThrows(ModelFileException.class, () -> hub().download(snapshot, folder))
                .getMessage();
        assertTrue(message.contains("are free; free space"), message);
        assertEquals(0, server.requests());
    }

    @Test
    void aLongListHasPages() throws IOException {
        for (int i = 0; i < 25; i++) {
            server.file("more/file-" + i + ".txt", new byte[1]);
        }
        server.file("../evil.gguf", new byte[1]);
        server.pageSize = 4;
        assertFetched();
        assertTrue(refusal("hf://org/model/evil.gguf").endsWith("its GGUF files: " + NAME));
    }

    @Test
    void revisionsAreFollowedToTheirCommit() throws IOException {
        for (String revision : List.of("main", "refs/pr/1", "refs%2Fpr%2F1", HubServer.COMMIT)) {
            HubReference reference = HubReference.parse("hf://org/model@" + revision + "/" + NAME);
            Snapshot snapshot = hub().find(reference, false);
            assertEquals(
                    "hf://org/model@" + HubServer.COMMIT + "/" + NAME,
                    snapshot.reference().toString());
        }
    }

    @Test
    void whatIsNoHubIsNamed() {
        server.apiStatus = 418;
        String message = refusal(FILE);
        assertTrue(message.contains("status 418") && message.contains("HF_ENDPOINT"), message);
    }

    @Test
    void theProxyOfTheJvmIsUsed() throws IOException {
        HubSettings settings = server.settings(null);
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", String.valueOf(server.endpoint().getPort()));
        try {
            // A name that nobody can look up: only the proxy can have answered.
            HubSettings behind = new HubSettings(
                    URI.create("http://hub.invalid"), null, settings.patience().brief());
            Hub hub = new Hub(behind, HubTest::sleep);
            hub.download(hub.find(HubReference.parse(FILE), false), folder);
        } finally {
            System.clearProperty("http.proxyHost");
            System.clearProperty("http.proxyPort");
        }
        assertArrayEquals(content, Files.readAllBytes(folder.resolve(NAME)));
    }

    @Test
    void aMissingNetworkIsNamed() {
        server.close();
        IOException unreachable = assertThrows(IOException.class, () -> fetch(FILE));
        String message =
                hub().unreachable(HubReference.parse(FILE), unreachable).getMessage();
        assertTrue(message.contains("refused") && message.contains("https.proxyHost"), message);
    }
}
