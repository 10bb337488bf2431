package dev.penstock.python;

import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A request between its arrival at a generation and the end of its response.
final class InFlight {
    private final long id;
    private final Request request;
    private final Response response;
    private final boolean retried;
    private final long startNanos = System.nanoTime();
    private volatile boolean byStream;
    private volatile boolean begun;
    private final AtomicReference<@Nullable WorkerStream> owner = new AtomicReference<>();

    InFlight(long id, Request request, Response response, boolean retried) {
        this.id = id;
        this.request = request;
        this.response = response;
        this.retried = retried;
    }

    long id() {
        return id;
    }

    Request request() {
        return request;
    }

    Response response() {
        return response;
    }

    /// Whether a worker has died with it once already.
    boolean retried() {
        return retried;
    }

    /// The queue's message only announced it: the worker asks for the request itself.
    void goesByStream() {
        byStream = true;
    }

    boolean isByStream() {
        return byStream;
    }

    long ageMillis() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }

    /// Takes the request for one stream: only that one may answer it. False when another has it.
    boolean claim(WorkerStream stream) {
        return owner.compareAndSet(null, stream) || owner.get() == stream;
    }

    /// The worker has sent the head: the client may have seen part of the response.
    void begun() {
        begun = true;
    }

    boolean hasBegun() {
        return begun;
    }
}
