package io.promptmill.udf.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks for what lies at an address. Redirects are followed here and not by the platform's client, because the token must
 * not go with them to another host. Proxies are those of the JVM's system properties. Thread-safe.
 */
final class HubConnection {
    private static final int MOST_REDIRECTS = 10;
    private static final long POLL_MILLIS = 100;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final HubSettings settings;
    private final Waiting waiting;
    private final HttpClient client;

    HubConnection(HubSettings settings, Waiting waiting) {
        this.settings = settings;
        this.waiting = waiting;
        // One large body at a time: what HTTP/2 has to offer is of no use, and its flow control slows a body down.
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.patience().connect())
                .build();
    }

    /**
     * The answer to a GET, of whatever status. The caller closes it.
     *
     * @throws IOException where nobody answers, or a redirect leads nowhere or to an address that is not encrypted
     */
    HubResponse get(URI address, Map<String, String> headers) throws IOException {
        URI next = address;
        String linkedTag = null;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            boolean own = settings.isOwn(next);
            HttpResponse<ResponseBody> response = send(next, own, headers);
            if (own) {
                linkedTag = response.headers().firstValue("X-Linked-Etag").orElse(linkedTag);
            }
            if (!REDIRECTS.contains(response.statusCode())) {
                return new HubResponse(
                        response.statusCode(), response.headers(), next, own, linkedTag, response.body());
            }
            response.body().close();
            next = target(next, response);
        }
        throw new IOException(address.getHost() + " redirects more than " + MOST_REDIRECTS + " times");
    }

    /**
     * The address that {@code text} means where it is read at {@code from}.
     *
     * @throws IOException where it is none, or not encrypted though the endpoint is
     */
    URI follow(URI from, String text) throws IOException {
        URI target;
        try {
            target = from.resolve(URI.create(text));
        } catch (IllegalArgumentException malformed) {
            // Without the cause, whose message has the address and what is signed in it.
            throw new IOException(from.getHost() + " names an address that is none");
        }
        String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
        boolean allowed = scheme.equals("https")
                || scheme.equalsIgnoreCase(settings.endpoint().getScheme());
        if (!allowed || target.getHost() == null) {
            throw new IOException(from.getHost() + " leads to an address that is not https");
        }
        return target;
    }

    private URI target(URI from, HttpResponse<?> response) throws IOException {
        String location = response.headers()
                .firstValue("Location")
                .orElseThrow(() -> new IOException(from.getHost() + " redirects to nowhere"));
        return follow(from, location);
    }

    private HttpResponse<ResponseBody> send(URI address, boolean own, Map<String, String> headers) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .setHeader("User-Agent", "promptmill")
                .setHeader("Accept-Encoding", "identity");
        headers.forEach(request::setHeader);
        if (own && settings.token() != null) {
            request.setHeader("Authorization", "Bearer " + settings.token());
        }
        CompletableFuture<HttpResponse<ResponseBody>> answer = client.sendAsync(
                request.build(),
                information -> new ResponseBody(settings.patience().stall(), waiting));
        try {
            return await(answer, address.getHost());
        } catch (ExecutionException failure) {
            throw new IOException(address.getHost() + ": " + Words.of(failure.getCause()), failure.getCause());
        } finally {
            // Without effect on an answer that is there.
            answer.cancel(true);
        }
    }

    /** Not the request's own timeout, which covers the body too from JDK 26 on. */
    private HttpResponse<ResponseBody> await(CompletableFuture<HttpResponse<ResponseBody>> answer, String host)
            throws ExecutionException, IOException {
        long deadline = System.nanoTime() + settings.patience().stall().toNanos();
        while (System.nanoTime() < deadline) {
            waiting.sleep(0);
            try {
                return answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                continue;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        throw new HttpTimeoutException(
                host + " did not answer for " + settings.patience().stall().toSeconds() + " s");
    }
}
