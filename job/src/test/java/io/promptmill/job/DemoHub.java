package io.promptmill.job;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;

/** A hub on this machine whose repository {@code org/demo} holds one model, {@code demo-q8_0.gguf}. */
final class DemoHub implements AutoCloseable {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final byte[] model;
    private final HttpServer server;
    private final AtomicInteger downloads = new AtomicInteger();

    DemoHub(byte[] model) throws IOException {
        this.model = model;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange);
            }
        });
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** How often the model has been asked for. */
    int downloads() {
        return downloads.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/api/models/org/demo/revision/main")) {
            send(exchange, ("{\"sha\": \"" + COMMIT + "\"}").getBytes(StandardCharsets.UTF_8));
        } else if (path.equals("/api/models/org/demo/tree/" + COMMIT)) {
            send(exchange, tree().getBytes(StandardCharsets.UTF_8));
        } else if (path.equals("/org/demo/resolve/" + COMMIT + "/demo-q8_0.gguf")) {
            downloads.incrementAndGet();
            send(exchange, model);
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private String tree() {
        try {
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(model));
            return "[{\"type\": \"file\", \"path\": \"demo-q8_0.gguf\", \"size\": " + model.length
                    + ", \"lfs\": {\"oid\": \"" + digest + "\", \"size\": " + model.length + "}}]";
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void send(HttpExchange exchange, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
