package io.promptmill.udf.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A hub on this machine with one repository, {@code org/model}, and the mishaps that a test orders. */
public final class HubServer implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final int ATTEMPTS = 5;
    private static final String API = "/api/models/org/model/";

    /** A request as it came. */
    record Seen(String path, String range, String authorization) {}

    /** Something that befalls one request for a file's content. */
    @FunctionalInterface
    interface Mishap {
        /** True where the exchange has been answered, or dropped. */
        boolean befall(HttpExchange exchange, byte[] content) throws IOException;
    }

    final Map<String, byte[]> files = new ConcurrentSkipListMap<>();
    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final Deque<Mishap> mishaps = new ConcurrentLinkedDeque<>();
    /** Where contents really lie, if not here. */
    volatile HubServer store;
    /** That the branch {@code main} stands for; its files are those of every commit. */
    public volatile String commit = COMMIT;
    /** Who may see anything, if not everybody. */
    volatile String token;

    volatile boolean checksums = true;
    volatile boolean linked;
    volatile String tag = "\"one\"";
    volatile int pageSize = 1000;
    volatile int apiStatus = 200;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    public HubServer() throws IOException {
        this(0);
    }

    HubServer(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange);
            }
        });
        server.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Impatient settings for this server. */
    public HubSettings settings(String userToken) {
        return new HubSettings(
                endpoint(),
                userToken,
                new HubPatience(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(1),
                        ATTEMPTS,
                        Duration.ofMillis(4),
                        Duration.ofMillis(10),
                        Duration.ofSeconds(3)));
    }

    public HubServer file(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    /** Requests for the content of files. */
    public long downloads() {
        return seen.stream()
                .filter(request -> request.path.startsWith("/org/model/resolve/"))
                .count();
    }

    /** All requests. */
    public int requests() {
        return seen.size();
    }

    /** The next request for a content waits. */
    public void delay(long millis) {
        mishaps.add((exchange, content) -> {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return false;
        });
    }

    /** The next request for a content gets this many bytes of its answer and then a broken connection. */
    void breakAfter(int bytes) {
        mishaps.add((exchange, content) -> {
            int from = from(exchange);
            begin(exchange, from > 0 ? 206 : 200, from, content);
            exchange.getResponseBody().write(content, from, Math.min(bytes, content.length - from));
            exchange.getResponseBody().flush();
            exchange.close();
            return true;
        });
    }

    /** The next request for a content is answered with a status alone. */
    void answer(int status, String... headers) {
        mishaps.add((exchange, content) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
            return true;
        });
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        String contents = "/org/model/resolve/" + commit + "/";
        seen.add(new Seen(path, exchange.getRequestHeaders().getFirst("Range"), given));
        if (token != null && !("Bearer " + token).equals(given)) {
            exchange.getResponseHeaders().set("X-Error-Code", "GatedRepo");
            exchange.sendResponseHeaders(given == null ? 401 : 403, -1);
        } else if (path.startsWith(API) && apiStatus != 200) {
            exchange.sendResponseHeaders(apiStatus, -1);
        } else if (path.equals(API + "revision/main") || path.equals(API + "revision/refs/pr/1")) {
            json(exchange, "{\"id\": \"org/model\", \"sha\": \"" + commit + "\"}");
        } else if (path.startsWith(API + "revision/")) {
            exchange.getResponseHeaders().set("X-Error-Code", "RevisionNotFound");
            exchange.sendResponseHeaders(404, -1);
        } else if (path.equals(API + "tree/" + commit)) {
            tree(exchange);
        } else if (path.startsWith(contents) && files.containsKey(path.substring(contents.length()))) {
            content(exchange, path, files.get(path.substring(contents.length())));
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private void tree(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        int start = query.contains("cursor=") ? Integer.parseInt(query.replaceAll(".*cursor=", "")) : 0;
        List<String> paths = List.copyOf(files.keySet());
        int end = Math.min(paths.size(), start + pageSize);
        StringBuilder json = new StringBuilder("[{\"type\": \"directory\", \"path\": \"folder\", \"size\": 0}");
        for (String path : paths.subList(start, end)) {
            json.append(", ").append(entry(path, files.get(path)));
        }
        if (end < paths.size()) {
            exchange.getResponseHeaders()
                    .set(
                            "Link",
                            "<" + endpoint() + API + "tree/" + commit + "?recursive=true&cursor=" + end
                                    + ">; rel=\"next\"");
        }
        json(exchange, json + "]");
    }

    private String entry(String path, byte[] content) {
        String start = "{\"type\": \"file\", \"path\": \"" + path + "\", \"size\": " + content.length;
        if (!checksums) {
            return start + "}";
        }
        if (path.endsWith(".json") || path.endsWith(".jinja")) {
            return start + ", \"oid\": \"" + gitId(content) + "\"}";
        }
        String pointer = "ffffffffffffffffffffffffffffffffffffffff";
        return start + ", \"oid\": \"" + pointer + "\", \"lfs\": {\"oid\": \"" + sha256(content) + "\", \"size\": "
                + content.length + ", \"pointerSize\": 134}}";
    }

    private void content(HttpExchange exchange, String path, byte[] content) throws IOException {
        if (linked) {
            exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
        }
        if (store != null) {
            exchange.getResponseHeaders()
                    .set("Location", store.endpoint() + exchange.getRequestURI().getRawPath() + "?signature=secret");
            exchange.sendResponseHeaders(302, -1);
            return;
        }
        Mishap mishap = mishaps.poll();
        if (mishap != null && mishap.befall(exchange, content)) {
            return;
        }
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        int from = condition == null || condition.equals(tag) ? from(exchange) : 0;
        begin(exchange, from > 0 ? 206 : 200, from, content);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(content, from, content.length - from);
        }
    }

    void begin(HttpExchange exchange, int status, int from, byte[] content) throws IOException {
        exchange.getResponseHeaders().set("ETag", tag);
        if (status == 206) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(status, content.length == from ? -1 : content.length - from);
    }

    private static int from(HttpExchange exchange) {
        String range = exchange.getRequestHeaders().getFirst("Range");
        return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
    }

    private static void json(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    static String sha256(byte[] content) {
        return hex("SHA-256", content);
    }

    static String gitId(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[head.length + content.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hex("SHA-1", all);
    }

    private static String hex(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
