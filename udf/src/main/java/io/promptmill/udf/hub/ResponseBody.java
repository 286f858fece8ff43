package io.promptmill.udf.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The bytes of an answer as they come, at most two portions ahead of the reader. Unlike the platform's streams it notices
 * a server that stops sending, and a reader that is no longer wanted. Read by one thread.
 */
final class ResponseBody implements HttpResponse.BodySubscriber<ResponseBody>, AutoCloseable {
    private static final long POLL_MILLIS = 100;

    /** A portion; without buffers the end, which a failure may be the reason of. */
    private record Portion(List<ByteBuffer> buffers, Throwable failure) {}

    private final Duration stall;
    private final Waiting waiting;
    private final BlockingQueue<Portion> arrived = new LinkedBlockingQueue<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private Iterator<ByteBuffer> current = Collections.emptyIterator();

    ResponseBody(Duration stall, Waiting waiting) {
        this.stall = stall;
        this.waiting = waiting;
    }

    @Override
    public CompletionStage<ResponseBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        given.request(1);
        subscription.complete(given);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        if (buffers.isEmpty()) {
            subscription.thenAccept(given -> given.request(1));
        } else {
            arrived.add(new Portion(buffers, null));
        }
    }

    @Override
    public void onError(Throwable failure) {
        arrived.add(new Portion(List.of(), failure));
    }

    @Override
    public void onComplete() {
        arrived.add(new Portion(List.of(), null));
    }

    /**
     * The next bytes, or null at the end.
     *
     * @throws IOException where the connection breaks or stalls
     */
    ByteBuffer next() throws IOException {
        while (!current.hasNext()) {
            Portion portion = await();
            if (portion.failure != null) {
                throw new IOException("the connection broke: " + Words.of(portion.failure), portion.failure);
            }
            if (portion.buffers.isEmpty()) {
                return null;
            }
            current = portion.buffers.iterator();
            subscription.thenAccept(given -> given.request(1));
        }
        return current.next();
    }

    private Portion await() throws IOException {
        long deadline = System.nanoTime() + stall.toNanos();
        while (System.nanoTime() < deadline) {
            waiting.sleep(0);
            try {
                Portion portion = arrived.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
                if (portion != null) {
                    return portion;
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        throw new HttpTimeoutException("not a byte came for " + stall.toSeconds() + " s");
    }

    /**
     * All that is left.
     *
     * @throws IOException where it is more than {@code most} bytes, or the connection breaks or stalls
     */
    byte[] readAll(int most) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (ByteBuffer buffer = next(); buffer != null; buffer = next()) {
            if (bytes.size() + buffer.remaining() > most) {
                throw new IOException("the answer has more than " + most + " bytes");
            }
            byte[] copy = new byte[buffer.remaining()];
            buffer.get(copy);
            bytes.write(copy);
        }
        return bytes.toByteArray();
    }

    /** Drops the connection where bytes are still to come. */
    @Override
    public void close() {
        subscription.thenAccept(Flow.Subscription::cancel);
    }
}
