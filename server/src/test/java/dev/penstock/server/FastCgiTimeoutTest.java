package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How long a web server may take; the clock is the test's.
@Timeout(20)
class FastCgiTimeoutTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path directory;

    private final BlockingQueue<FastCgiConnection> connections = new ArrayBlockingQueue<>(1);
    private Gate gate;
    private WebServer web;
    private FastCgiConnection connection;

    @BeforeEach
    void open() throws Exception {
        gate = new Gate(directory, (request, response) -> Gate.answer(response, "body"));
        web = gate.connect(UnaryOperator.identity(), this::serve);
        connection = connections.take();
    }

    private void serve(SocketChannel channel, Runnable over) {
        FastCgiConnection made = new FastCgiConnection(channel, gate.gate, over);
        connections.add(made);
        ByteBuffer input = ByteBuffer.allocate(BufferPool.BUFFER_BYTES);
        while (made.readOnce(input)) {
            // As the poller does.
        }
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    private void expireAfterSeconds(long seconds) {
        connection.expire(System.nanoTime() + seconds * SECOND);
    }

    @Test
    void idleKeptConnectionMayStayForEver() throws IOException {
        web.send(get(1, KEEP_CONN));
        web.answer(1);
        web.settle();
        web.settle();
        expireAfterSeconds(1_000_000);
        web.settle();
    }

    @Test
    void pauseWithinARequestIsBounded() throws Exception {
        web.send(begin(1, 1, KEEP_CONN));
        web.settle();
        web.settle();
        expireAfterSeconds(100);
        web.settle();
        web.settle();
        expireAfterSeconds(125);
        assertThat(web.next()).isNull();
        web.awaitServed();
        assertThat(gate.gate.counters().timedOut.sum()).isEqualTo(1);
    }

    @Test
    void webServerHasFiveSecondsToCloseAfterTheLastAnswer() throws Exception {
        web.send(get(1, CLOSE));
        web.answer(1);
        assertThat(web.next()).isNull();
        expireAfterSeconds(3);
        assertThat(gate.gate.counters().timedOut.sum()).isZero();
        expireAfterSeconds(6);
        web.awaitServed();
        assertThat(gate.gate.counters().timedOut.sum()).isEqualTo(1);
    }
}
