package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.params;
import static dev.penstock.server.WebServer.record;
import static dev.penstock.server.WebServer.stdin;
import static dev.penstock.server.WebServer.stdinEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.RecordType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How long a web server may take; the clock is the test's. A deadline that was set at some moment before
/// `mark` is over at `mark` and its length later, and one that something after `mark` has moved is not.
@Timeout(20)
class FastCgiTimeoutTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int MIN_PROGRESS = 1000;
    private static final Times TIMES = new Times(
            Duration.ofSeconds(30),
            Duration.ofSeconds(120),
            Duration.ofSeconds(90),
            MIN_PROGRESS,
            Duration.ZERO,
            Duration.ZERO);

    @TempDir
    Path directory;

    private final BlockingQueue<FastCgiConnection> connections = new ArrayBlockingQueue<>(1);
    private final BlockingQueue<Response> taken = new ArrayBlockingQueue<>(10);
    private Gate gate;
    private WebServer web;
    private FastCgiConnection connection;

    private void open(Times times) throws Exception {
        open(times, (request, response) -> Gate.answer(response, "body"));
    }

    private void open(Times times, Application application) throws Exception {
        Bounds bounds = new Bounds(
                100,
                Gate.MAX_BODY,
                1024,
                1 << 30,
                1 << 20,
                5 * SECOND,
                directory,
                new Limits(64 * 1024, 100, 5),
                1 << 20,
                new Budget(1 << 30),
                1 << 16,
                times);
        gate = new Gate(directory, application, bounds);
        web = gate.connect(UnaryOperator.identity(), this::serve);
        connection = connections.take();
    }

    /// As the poller does.
    private void serve(SocketChannel channel, Runnable over) {
        FastCgiConnection made = gate.gate.open(channel, over);
        connections.add(made);
        ByteBuffer input = ByteBuffer.allocate(BufferPool.BUFFER_BYTES);
        try (Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            do {
                selector.select(key -> {});
            } while (made.readOnce(input));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    private void expire(long mark, long seconds) {
        connection.expire(mark + seconds * SECOND);
    }

    /// When everything that was sent so far is read.
    private long mark() throws IOException {
        web.settle();
        web.settle();
        return System.nanoTime();
    }

    private void assertClosedBecauseOf(String setting) throws Exception {
        assertThat(web.next()).isNull();
        web.awaitServed();
        assertThat(gate.gate.counters().timedOut.sum()).isEqualTo(1);
        assertThat(gate.gate.counters().limits()).isEqualTo(Map.of(setting, 1L));
        assertThat(gate.log)
                .filteredOn(line -> !line.startsWith("DEBUG"))
                .singleElement()
                .asString()
                .startsWith("INFO closed a connection from user ")
                .endsWith("(" + setting + ")");
    }

    private void assertOpen() throws IOException {
        mark();
        assertThat(gate.gate.counters().timedOut.sum()).isZero();
    }

    @Test
    void idleKeptConnectionMayStayForEverByDefault() throws Exception {
        open(TIMES);
        web.send(get(1, KEEP_CONN));
        web.answer(1);
        expire(mark(), 1_000_000);
        assertOpen();
    }

    @Test
    void idleConnectionIsClosedAfterItsTimeWhereThereIsOne() throws Exception {
        open(idleFor(10));
        web.send(get(1, KEEP_CONN));
        web.answer(1);
        long mark = mark();
        expire(mark, 9);
        assertOpen();
        assertClosedAsIdle(mark);
    }

    @Test
    void connectionThatNeverHadARequestIsIdleToo() throws Exception {
        open(idleFor(10));
        assertClosedAsIdle(mark());
    }

    @Test
    void connectionWithARequestIsNotIdle() throws Exception {
        open(idleFor(10), (request, response) -> taken.add(response));
        web.send(get(1, KEEP_CONN));
        taken.take();
        expire(mark(), 1000);
        assertOpen();
    }

    /// The thread that has written the last answer may not have let the connection go yet.
    private void assertClosedAsIdle(long mark) throws Exception {
        Eventually.becomes("it is closed", () -> {
            expire(mark, 10);
            return gate.gate.counters().timedOut.sum() == 1;
        });
        assertClosedBecauseOf("idle_timeout");
    }

    private static Times idleFor(long seconds) {
        return new Times(
                TIMES.head(),
                TIMES.body(),
                TIMES.response(),
                TIMES.minProgress(),
                Duration.ofSeconds(seconds),
                Duration.ZERO);
    }

    @Test
    void variablesHaveATimeInAll() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN));
        long mark = mark();
        expire(mark, 29);
        assertOpen();
        expire(mark, 30);
        assertClosedBecauseOf("head_timeout");
    }

    @Test
    void byteNowAndThenDoesNotMoveTheDeadlineOfTheVariables() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN));
        long mark = mark();
        web.send(record(RecordType.PARAMS, 1, (byte) 1));
        mark();
        web.send(record(RecordType.PARAMS, 1, (byte) 1));
        mark();
        expire(mark, 30);
        assertClosedBecauseOf("head_timeout");
    }

    @Test
    void nextRequestHasATimeOfItsOwn() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN));
        long mark = mark();
        web.send(params(1), stdinEnd(1));
        web.answer(1);
        web.send(begin(1, 1, KEEP_CONN));
        mark();
        expire(mark, 30);
        assertOpen();
    }

    @Test
    void requestWithinAnotherOnesVariablesDoesNotMoveTheirDeadline() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN));
        long mark = mark();
        web.send(get(2, KEEP_CONN));
        web.answer(2);
        expire(mark, 30);
        assertClosedBecauseOf("head_timeout");
    }

    @Test
    void recordThatIsCutOutsideOfARequestHasATimeToo() throws Exception {
        open(TIMES);
        web.send(new byte[] {1, 9, 0});
        Eventually.becomes("the bytes are read", () -> connection.idleNanos(System.nanoTime()) < 0);
        expire(System.nanoTime(), 30);
        assertClosedBecauseOf("head_timeout");
    }

    @Test
    void bodyHasAPeriodToMakeProgress() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN), params(1), stdin(1, "a"));
        long mark = mark();
        expire(mark, 119);
        assertOpen();
        expire(mark, 120);
        assertClosedBecauseOf("body_timeout");
    }

    @Test
    void bodyThatMovesByLessThanTheLeastIsLate() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN), params(1));
        long mark = mark();
        web.send(stdin(1, "x".repeat(MIN_PROGRESS - 2)));
        mark();
        web.send(stdin(1, "x"));
        mark();
        expire(mark, 120);
        assertClosedBecauseOf("body_timeout");
    }

    @Test
    void bodyThatMovesByTheLeastHasAnotherPeriod() throws Exception {
        open(TIMES);
        web.send(begin(1, 1, KEEP_CONN), params(1));
        long mark = mark();
        web.send(stdin(1, "x".repeat(MIN_PROGRESS - 1)));
        mark();
        web.send(stdin(1, "x"));
        mark();
        expire(mark, 120);
        assertOpen();
    }

    @Test
    void slowBodyDoesNotTakeDownTheRequestsThatShareItsConnection() throws Exception {
        open(TIMES, (request, response) -> taken.add(response));
        web.send(begin(1, 1, KEEP_CONN), params(1), get(2, KEEP_CONN));
        Response other = taken.take();
        expire(mark(), 100_000);
        assertOpen();
        Gate.answer(other, "whole");
        assertThat(web.answer(2).body()).isEqualTo("whole");
    }

    @Test
    void slowBodyOnASharedConnectionGetsA408() throws Exception {
        Times hasty = new Times(
                TIMES.head(), Duration.ofNanos(1), TIMES.response(), MIN_PROGRESS, TIMES.idle(), TIMES.tcpKeepAlive());
        open(hasty, (request, response) -> taken.add(response));
        web.send(get(2, KEEP_CONN));
        Response other = taken.take();
        web.send(begin(1, 1, KEEP_CONN), params(1), stdin(1, "a"));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text())
                .startsWith("Status: 408 ")
                .contains("min_progress")
                .contains("body_timeout");
        Gate.answer(other, "whole");
        assertThat(web.answer(2).body()).isEqualTo("whole");
    }

    @Test
    void responseThatNobodyReadsIsGivenUpAfterItsPeriod() throws Exception {
        open(TIMES, (request, response) -> taken.add(response));
        web.send(get(1, KEEP_CONN));
        Response response = taken.take();
        Thread.ofPlatform().daemon().start(() -> {
            response.start(Head.of(200, "OK"));
            for (int i = 0; i < 100; i++) {
                response.write(Gate.bytes("x".repeat(64 * 1024)));
            }
            response.end();
        });
        Eventually.becomes("the writer is late", () -> {
            expire(System.nanoTime(), 90);
            return gate.gate.counters().timedOut.sum() == 1;
        });
        web.awaitServed();
        assertThat(response.cancelled()).isTrue();
        assertThat(gate.gate.counters().limits()).isEqualTo(Map.of("response_timeout", 1L));
        assertThat(directory).isDirectoryNotContaining(file -> file.toString().endsWith(".tmp"));
    }

    @Test
    void responseThatIsReadInTimeIsWhole() throws Exception {
        open(TIMES, (request, response) -> taken.add(response));
        web.send(get(1, KEEP_CONN));
        Response response = taken.take();
        Thread writer = Thread.ofPlatform().daemon().start(() -> {
            response.start(Head.of(200, "OK"));
            for (int i = 0; i < 50; i++) {
                response.write(Gate.bytes("x".repeat(64 * 1024)));
                expire(System.nanoTime(), 89);
            }
            response.end();
        });
        assertThat(web.answer(1).body()).hasSize(50 * 64 * 1024);
        writer.join();
        assertOpen();
    }

    @Test
    void timeOfZeroIsNoLimit() throws Exception {
        open(new Times(Duration.ZERO, Duration.ZERO, Duration.ZERO, 1, Duration.ZERO, Duration.ZERO));
        web.send(begin(1, 1, KEEP_CONN));
        expire(mark(), 1_000_000);
        web.send(params(1), stdin(1, "a"));
        expire(mark(), 1_000_000);
        assertOpen();
    }

    @Test
    void webServerHasFiveSecondsToCloseAfterTheLastAnswer() throws Exception {
        open(TIMES);
        web.send(get(1, CLOSE));
        web.answer(1);
        assertThat(web.next()).isNull();
        expire(System.nanoTime(), 3);
        assertThat(gate.gate.counters().timedOut.sum()).isZero();
        expire(System.nanoTime(), 6);
        web.awaitServed();
        assertThat(gate.gate.counters().timedOut.sum()).isEqualTo(1);
        assertThat(List.copyOf(gate.log)).as("it has what it asked for").isEmpty();
    }
}
