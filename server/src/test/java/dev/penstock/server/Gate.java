package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;

/// A [FastCgiGate] with an application of the test's own, and web servers that connect to it.
final class Gate implements AutoCloseable {
    static final long MAX_BODY = 200_000;
    static final long DRAIN_BYTES = 4_000_000;
    static final long DRAIN_NANOS = 5_000_000_000L;

    final List<String> log = new CopyOnWriteArrayList<>();
    final FastCgiGate gate;
    private final ServerSocketChannel listening;
    private final Path path;
    private Poller poller;
    private final Path polled;

    Gate(Path directory, Application application) throws IOException {
        this(directory, application, 256 * 1024, 1024 * 1024);
    }

    Gate(Path directory, Application application, int responseMemory, long responseFile) throws IOException {
        this(
                directory,
                application,
                new Bounds(
                        100,
                        MAX_BODY,
                        responseMemory,
                        responseFile,
                        DRAIN_BYTES,
                        DRAIN_NANOS,
                        directory,
                        new Limits(64 * 1024, 100, 2)));
    }

    /// Bounds of the test's own; the temporary directory is the gate's.
    Gate(Path directory, Application application, Bounds bounds) throws IOException {
        EventLog events = (level, source, text) -> log.add(level + " " + text);
        gate = new FastCgiGate(bounds, new PathTruth("auto", null), application, new ConnectionThreads(), events);
        path = directory.resolve("gate");
        polled = directory.resolve("polled");
        listening =
                ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
    }

    WebServer connect() throws IOException {
        return connect(UnaryOperator.identity());
    }

    /// @param end puts something between the gate and its end of the connection
    WebServer connect(UnaryOperator<SocketChannel> end) throws IOException {
        return connect(end, gate::serve);
    }

    /// @param serve what a thread of its own does with the gate's end
    WebServer connect(UnaryOperator<SocketChannel> end, Listener.Handler serve) throws IOException {
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path));
        SocketChannel accepted = end.apply(listening.accept());
        CountDownLatch over = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("serving").start(() -> serve.serve(accepted, over::countDown));
        return new WebServer(client, over);
    }

    /// Connects to a listener of the server's own, which a poller serves.
    WebServer connectPolled() throws IOException {
        if (poller == null) {
            EventLog events = (level, source, text) -> log.add(level + " " + text);
            poller = new Poller(gate, new ConnectionThreads(), events, new Semaphore(100));
            poller.listen(
                    ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)
                            .bind(UnixDomainSocketAddress.of(polled)),
                    connection -> true,
                    gate);
            Thread.ofPlatform().daemon().name("poller").start(poller);
        }
        return new WebServer(SocketChannel.open(UnixDomainSocketAddress.of(polled)), new CountDownLatch(0));
    }

    static ByteBuffer bytes(String text) {
        return StandardCharsets.ISO_8859_1.encode(text);
    }

    /// Answers 200 with a text.
    static void answer(Response response, String text) {
        response.start(Head.of(200, "OK", "Content-Type", "text/plain"));
        response.write(bytes(text));
        response.end();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        if (poller != null) {
            poller.close();
            poller.end();
        }
    }
}
