package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.abort;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.params;
import static dev.penstock.server.WebServer.record;
import static dev.penstock.server.WebServer.stdin;
import static dev.penstock.server.WebServer.stdinEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.RecordType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Many requests on one connection of the poller's. The application keeps what reaches it.
@Timeout(20)
class FastCgiMultiplexTest {
    private static final Head OK = Head.of(200, "OK");
    private static final String PIECE = "0123456789abcdef".repeat(2048);
    /// As much as the gate holds back of a response, and eight times that, in pieces.
    private static final int FITS = 1280 / 32 - 2;

    private static final int LARGE = 8 * 1280 / 32;

    @TempDir
    Path directory;

    private final BlockingQueue<Taken> taken = new ArrayBlockingQueue<>(10);
    private Gate gate;
    private WebServer web;

    private record Taken(Request request, Response response, String thread) {}

    @BeforeEach
    void open() throws IOException {
        gate = new Gate(
                directory,
                (request, response) -> taken.add(
                        new Taken(request, response, Thread.currentThread().getName())));
        web = gate.connectPolled();
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    private Response take() throws InterruptedException {
        return taken.take().response;
    }

    private static Thread writing(Response response, int pieces) {
        return Thread.ofPlatform().daemon().start(() -> {
            response.start(OK);
            for (int i = 0; i < pieces; i++) {
                response.write(Gate.bytes(PIECE));
            }
            response.end();
        });
    }

    /// Records up to the END_REQUEST of `id`.
    private List<WebServer.Received> until(int id) throws IOException {
        List<WebServer.Received> records = new ArrayList<>();
        do {
            records.add(web.next());
        } while (records.getLast().type() != RecordType.END_REQUEST.code()
                || records.getLast().id() != id);
        return records;
    }

    private static long bytes(List<WebServer.Received> records, int id) {
        return records.stream()
                .filter(record -> record.id() == id)
                .mapToLong(record -> record.content().length)
                .sum();
    }

    @Test
    void smallAnswerDoesNotWaitForALargeOneThatWaitsForItsReader() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Thread application = writing(take(), LARGE);
        Eventually.waitsForRoom(application);

        Gate.answer(take(), "small");

        List<WebServer.Received> records = until(2);
        assertThat(bytes(records, 1)).as("bytes before the small answer's end").isLessThan(1024 * 1024);
        assertThat(bytes(until(1), 1)).isGreaterThan(5 * 1024 * 1024);
        application.join();
    }

    @Test
    void largeAnswersTakeTurnsWithSmallRecords() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        // Within the bounds, so that both are ready to be written when the reader begins.
        writing(take(), FITS).join();
        writing(take(), FITS).join();

        List<WebServer.Received> records = until(1);

        int second = 0;
        while (records.get(second).id() != 2) {
            second++;
        }
        List<WebServer.Received> both = records.subList(second, second + 60);
        for (int i = 0; i < both.size(); i++) {
            assertThat(both.get(i).id()).as("record " + i).isEqualTo(i % 2 == 0 ? 2 : 1);
            assertThat(both.get(i).content()).hasSizeLessThanOrEqualTo(Outbox.SHARED_BYTES);
        }
        until(2);
    }

    @Test
    void slowBodyHoldsUpNobodyOnItsConnection() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), params(1, "REQUEST_METHOD", "POST"), stdin(1, "x".repeat(60_000)));
        web.settle();
        web.send(get(2, KEEP_CONN));
        Gate.answer(take(), "second");
        assertThat(web.answer(2).body()).isEqualTo("second");

        web.send(stdin(1, "y".repeat(60_000)), stdinEnd(1));
        Taken whole = taken.take();
        assertThat(new String(whole.request.input().readAllBytes(), StandardCharsets.ISO_8859_1))
                .isEqualTo("x".repeat(60_000) + "y".repeat(60_000));
        Gate.answer(whole.response, "first");
        assertThat(web.answer(1).body()).isEqualTo("first");
    }

    @Test
    void bodyForAFileIsNotReadByThePollerAndWhatComesAfterItIs() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), params(1, "REQUEST_METHOD", "POST"), stdin(1, "x".repeat(60_000)));
        web.settle();
        web.send(stdin(1, "y".repeat(60_000)), stdinEnd(1));
        Taken large = taken.take();
        Gate.answer(large.response, "large");
        web.answer(1);
        web.send(get(1, KEEP_CONN));
        Taken next = taken.take();
        Gate.answer(next.response, "next");
        web.answer(1);

        assertThat(large.thread).startsWith("connection-");
        assertThat(next.thread).isEqualTo("poller");
    }

    @Test
    void pausedBodyHoldsNoThread() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), params(1, "REQUEST_METHOD", "POST"), stdin(1, "x".repeat(60_000)));
        web.settle();
        Eventually.becomes("given back", () -> !Eventually.anyThreadIn(Poller.class, "spool"));
        web.send(get(2, KEEP_CONN));
        Gate.answer(take(), "served");
        assertThat(web.answer(2).body()).isEqualTo("served");
    }

    @Test
    void requestThatIsOneTooManyWhileOthersAreAnsweredIsRefused() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN), get(3, KEEP_CONN));
        WebServer.Answer refusal = web.answer(3);
        assertThat(refusal.text()).startsWith("Status: 503 ").contains("max_requests_per_connection = 2");
        assertThat(refusal.protocolStatus()).isEqualTo(2);
        assertThat(gate.gate.counters().refused.sum()).isEqualTo(1);

        Gate.answer(take(), "first");
        web.answer(1);
        web.send(get(3, KEEP_CONN));
        Gate.answer(take(), "second");
        web.answer(2);
        Gate.answer(take(), "third");
        assertThat(web.answer(3).body()).isEqualTo("third");
    }

    @Test
    void refusalsThatWaitAreBounded() throws Exception {
        web.send(get(1, KEEP_CONN));
        Response response = take();
        Thread application = writing(response, LARGE);
        Eventually.waitsForRoom(application);
        web.send(get(2, KEEP_CONN));
        for (int id = 3; id < 3 + 60; id++) {
            web.send(get(id, KEEP_CONN));
        }
        Eventually.becomes("sixty refused", () -> gate.gate.counters().refused.sum() == 60);
        assertThat(response.cancelled()).isFalse();
        for (int id = 3 + 60; id < 3 + 80; id++) {
            web.send(get(id, KEEP_CONN));
        }
        application.join();
        assertThat(response.cancelled()).isTrue();
    }

    @Test
    void questionsAreAnsweredWhileALargeAnswerIsUnderWay() throws Exception {
        web.send(get(1, KEEP_CONN));
        Thread application = writing(take(), LARGE);
        Eventually.waitsForRoom(application);
        web.send(record(RecordType.GET_VALUES, 0));
        List<WebServer.Received> records = until(1);
        assertThat(records)
                .filteredOn(record -> record.type() == RecordType.GET_VALUES_RESULT.code())
                .hasSize(1);
        application.join();
    }

    @Test
    void peerThatAsksAndDoesNotReadIsClosedAndHoldsUpNobody() throws Exception {
        web.send(get(1, KEEP_CONN));
        Response response = take();
        Thread application = writing(response, LARGE);
        Eventually.waitsForRoom(application);
        byte[] asked = record(RecordType.GET_VALUES, 0);
        Thread asking = Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; i <= Outbox.MAX_CONTROL_BYTES / 8; i++) {
                    web.send(asked);
                }
            } catch (IOException e) {
                // It has been closed.
            }
        });
        asking.join();
        application.join();
        assertThat(response.cancelled()).isTrue();
        try (WebServer other = gate.connectPolled()) {
            other.send(get(1, KEEP_CONN));
            Gate.answer(take(), "other");
            assertThat(other.answer(1).body()).isEqualTo("other");
        }
    }

    @Test
    void connectionThatIsNotKeptClosesAfterTheLastOfItsAnswers() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, CLOSE));
        Response kept = take();
        Gate.answer(take(), "not kept");
        assertThat(web.answer(2).body()).isEqualTo("not kept");
        Gate.answer(kept, "kept");
        assertThat(web.answer(1).body()).isEqualTo("kept");
        assertThat(web.next()).isNull();
    }

    @Test
    void largeAnswerIsOutBeforeTheConnectionIsShut() throws Exception {
        web.send(get(1, CLOSE));
        writing(take(), 100);
        assertThat(web.answer(1).body()).isEqualTo(PIECE.repeat(100));
        assertThat(web.next()).isNull();
    }

    @Test
    void applicationIsToldOfAnAbortAndItsIdIsHeldUntilItHasEnded() throws Exception {
        web.send(get(1, KEEP_CONN));
        Response response = take();
        ArrayBlockingQueue<String> told = new ArrayBlockingQueue<>(10);
        response.whenCancelled(() -> told.add("gone"));
        web.send(abort(1));
        assertThat(told.take()).isEqualTo("gone");
        assertThat(response.cancelled()).isTrue();
        assertThat(gate.gate.counters().clientsGone.sum()).isEqualTo(1);
        web.send(get(1, KEEP_CONN));
        assertThat(web.answer(1).protocolStatus()).as("CANT_MPX_CONN").isEqualTo(1);

        response.tear("nobody wants it");
        assertThat(until(1)).as("STDOUT's end and END_REQUEST").hasSize(2);
        web.send(get(1, KEEP_CONN));
        Gate.answer(take(), "again");
        assertThat(web.answer(1).body()).isEqualTo("again");
        assertThat(told).isEmpty();
    }

    @Test
    void abortOfALargeAnswerFreesTheApplicationThatWaits() throws Exception {
        web.send(get(1, KEEP_CONN));
        Thread application = writing(take(), LARGE);
        Eventually.waitsForRoom(application);
        web.send(abort(1));
        application.join();
        assertThat(bytes(until(1), 1)).isLessThan(LARGE * 32 * 1024);
        web.settle();
    }

    @Test
    void answerThatFailsHalfwayTakesNobodyAlongWhereItsLengthTells() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Response half = take();
        Response other = take();
        half.start(Head.of(200, "OK", "Content-Length", "10"));
        half.write(Gate.bytes("half"));
        half.tear("it failed");
        WebServer.Received end = until(1).getLast();
        assertThat(end.content()).as("appStatus 1").startsWith(0, 0, 0, 1);
        Gate.answer(other, "whole");
        assertThat(web.answer(2).body()).isEqualTo("whole");
    }

    @Test
    void answerThatFailsHalfwayIsCutWhereNothingElseTells() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Response half = take();
        Response other = take();
        half.start(OK);
        half.write(Gate.bytes("half"));
        half.flush();
        half.tear("it failed");
        assertThat(web.next().type()).isEqualTo((int) RecordType.STDOUT.code());
        assertThat(web.next()).isNull();
        Eventually.becomes("cancelled", other::cancelled);
    }

    @Test
    void whoAsksTooLateIsToldAtOnce() throws Exception {
        web.send(get(1, KEEP_CONN));
        Response response = take();
        web.send(abort(1));
        Eventually.becomes("cancelled", response::cancelled);
        ArrayBlockingQueue<String> told = new ArrayBlockingQueue<>(10);
        response.whenCancelled(() -> told.add("gone"));
        assertThat(told).containsExactly("gone");
    }

    @Test
    void webServerThatClosesCancelsAndIsNoWarning() throws Exception {
        web.send(get(1, CLOSE));
        Response response = take();
        web.close();
        Eventually.becomes("cancelled", response::cancelled);
        Gate.answer(response, "for nobody");
        Eventually.becomes("closed", () -> gate.gate.connections() == 0);
        assertThat(gate.gate.counters().clientsGone.sum()).isEqualTo(1);
        assertThat(gate.log).noneMatch(line -> line.startsWith("WARNING") || line.startsWith("ERROR"));
    }

    @Test
    void textForTheWebServersLogGoesOutAsStderrAndIsEnded() throws Exception {
        web.send(get(1, KEEP_CONN));
        Response response = take();
        response.errors("before the head");
        response.start(OK);
        response.write(Gate.bytes("body"));
        response.errors("within");
        response.end();
        List<WebServer.Received> records = until(1);
        assertThat(text(records, RecordType.STDERR)).isEqualTo("before the head|within||");
        assertThat(text(records, RecordType.STDOUT)).isEqualTo("Status: 200 OK\r\n\r\nbody||");
    }

    @Test
    void textForTheWebServersLogPassesAnAnswerThatWaits() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Thread application = writing(take(), LARGE);
        Eventually.waitsForRoom(application);
        Response response = take();
        response.errors("text");
        response.start(OK);
        response.end();
        List<WebServer.Received> records =
                until(2).stream().filter(record -> record.id() == 2).toList();
        assertThat(text(records, RecordType.STDERR)).isEqualTo("text||");
        until(1);
    }

    private static String text(List<WebServer.Received> records, RecordType type) {
        StringBuilder text = new StringBuilder();
        records.stream()
                .filter(record -> record.type() == type.code())
                .forEach(record -> text.append(new String(record.content(), StandardCharsets.UTF_8))
                        .append('|'));
        return text.toString();
    }

    @Test
    void bodyThatIsDroppedIsBounded() throws Exception {
        byte[] piece = stdin(1, "x".repeat(60_000));
        web.send(begin(1, 1, KEEP_CONN), params(1, "REQUEST_METHOD", "POST"));
        Thread sending = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    web.send(piece);
                }
            } catch (IOException e) {
                // It has been closed.
            }
        });
        sending.join();
        assertThat(gate.log).anyMatch(line -> line.contains("drain_bytes = " + Gate.DRAIN_BYTES));
    }
}
