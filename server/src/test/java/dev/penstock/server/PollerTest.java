package dev.penstock.server;

import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.RecordType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who gets a place when there are few, and who gets none.
@Timeout(30)
class PollerTest {
    private static final int PLACES = 3;

    @TempDir
    Path directory;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Response> taken = new ArrayBlockingQueue<>(10);
    private final Semaphore permits = new Semaphore(PLACES);
    private final List<WebServer> clients = new ArrayList<>();
    private ServerSocketChannel socket;
    private FastCgiGate gate;
    private Poller poller;

    private void open(Predicate<SocketChannel> allowed, Application application) throws IOException {
        ConnectionThreads threads = new ConnectionThreads();
        EventLog events = (level, source, text) -> log.add(level + " " + text);
        Bounds bounds =
                new Bounds(PLACES, 1000, 1000, 1000, 1000, 5_000_000_000L, directory, new Limits(64 * 1024, 100, 2));
        gate = new FastCgiGate(bounds, new PathTruth("auto", null), application, threads, events);
        socket = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        poller = new Poller(gate, threads, events, permits);
        poller.listen(socket, allowed, gate);
        Thread.ofPlatform().daemon().start(poller);
    }

    private void open(Application application) throws IOException {
        open(AllowedClients.LOOPBACK, application);
    }

    @AfterEach
    void close() throws IOException {
        for (WebServer client : clients) {
            client.close();
        }
        poller.close();
        poller.end();
    }

    private WebServer connect() throws IOException {
        WebServer client = new WebServer(SocketChannel.open(socket.getLocalAddress()), new CountDownLatch(0));
        clients.add(client);
        return client;
    }

    private static void answer(Request request, Response response) {
        Gate.answer(response, "body");
    }

    private static void assertServed(WebServer client) throws IOException {
        client.send(get(1, KEEP_CONN));
        assertThat(client.answer(1).body()).isEqualTo("body");
    }

    @Test
    void longestIdleConnectionMakesRoomForANewOne() throws IOException {
        open(PollerTest::answer);
        WebServer first = connect();
        WebServer second = connect();
        WebServer third = connect();
        assertServed(first);
        assertServed(second);
        assertServed(third);
        assertServed(first);
        assertServed(connect());
        assertThat(second.next()).as("the longest idle one").isNull();
        assertThat(gate.counters().madeRoom.sum()).isEqualTo(1);
        assertThat(gate.counters().limits()).isEqualTo(Map.of("max_connections", 1L));
        assertThat(log)
                .singleElement()
                .asString()
                .startsWith("WARNING 3 connections are open; closed an idle one from 127.0.0.1:")
                .endsWith(" for a new one (max_connections)");
        assertServed(first);
        assertServed(third);
    }

    @Test
    void idleConnectionsThatNeverSentAnythingDoNotLockOutNewOnes() throws IOException {
        open(PollerTest::answer);
        for (int i = 0; i < 4 * PLACES; i++) {
            connect();
        }
        assertServed(connect());
        assertThat(gate.connections()).isLessThanOrEqualTo(PLACES);
    }

    @Test
    void connectionWithARequestIsNotClosedForANewOne() throws Exception {
        open((request, response) -> taken.add(response));
        for (int i = 0; i < PLACES; i++) {
            connect().send(get(1, KEEP_CONN));
        }
        Response first = taken.take();
        taken.take();
        taken.take();
        WebServer waiting = connect();
        waiting.send(get(1, KEEP_CONN));
        Eventually.becomes("the new one waits", () -> gate.counters().limits().containsKey("max_connections"));
        assertThat(taken).isEmpty();
        Gate.answer(first, "done");
        Gate.answer(taken.take(), "body");
        assertThat(waiting.answer(1).body()).isEqualTo("body");
        assertThat(gate.counters().madeRoom.sum()).isEqualTo(1);
    }

    @Test
    void addressThatIsNotAllowedIsClosedAndTakesNoPlace() throws IOException {
        open(AllowedClients.parse(List.of("10.0.0.0/8", "::1")), PollerTest::answer);
        for (int i = 0; i < 2 * PLACES; i++) {
            assertRefused(connect());
        }
        assertThat(gate.counters().refusedClients.sum()).isEqualTo(2 * PLACES);
        Eventually.becomes("all places are free", () -> permits.availablePermits() == PLACES);
        assertThat(log.getFirst())
                .startsWith("WARNING refused a connection from 127.0.0.1:")
                .endsWith(" (allowed_clients)");
        assertThat(log).as("lines for a flood of refusals").hasSizeLessThan(2 * PLACES);
    }

    private static void assertRefused(WebServer client) {
        try {
            client.send(get(1, KEEP_CONN));
            assertThat(client.next()).isNull();
        } catch (IOException e) {
            assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe).*");
        }
    }

    @Test
    void peerThatAsksAndDoesNotReadIsClosed() throws IOException {
        open(PollerTest::answer);
        WebServer client = connect();
        byte[] questions = new byte[8000];
        for (int at = 0; at < questions.length; at += 8) {
            System.arraycopy(record(RecordType.GET_VALUES, 0), 0, questions, at, 8);
        }
        assertThatIOException().isThrownBy(() -> {
            for (int i = 0; i < 100_000; i++) {
                client.send(questions);
            }
        });
        assertServed(connect());
    }
}
