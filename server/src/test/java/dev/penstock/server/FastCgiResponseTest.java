package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.params;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers: large ones, slow readers, torn ones. The test itself is the application's thread.
@Timeout(20)
class FastCgiResponseTest extends HeldRequests {
    private static final Head OK = Head.of(200, "OK");
    private static final String PIECE = "0123456789abcdef".repeat(2048);

    private static Thread writing(Response response, int pieces, AtomicInteger written) {
        return Thread.ofPlatform().daemon().start(() -> {
            response.start(OK);
            for (int i = 0; i < pieces; i++) {
                response.write(Gate.bytes(PIECE));
                written.incrementAndGet();
            }
            response.end();
        });
    }

    @Test
    void piecesAreHeldBackUntilTheyAreFlushed() throws Exception {
        Response response = taken(get(1, CLOSE));
        response.start(OK);
        response.write(Gate.bytes("one "));
        response.write(Gate.bytes("two"));
        response.flush();
        assertThat(new String(web.next().content())).isEqualTo("Status: 200 OK\r\n\r\none two");
        response.write(Gate.bytes("three"));
        response.flush();
        response.flush();
        assertThat(new String(web.next().content())).isEqualTo("three");
        response.end();
        assertThat(web.answer(1).text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 49_134, 49_135, 49_136, 49_137, 65_527, 65_528, 65_529, 200_000, 3_000_000})
    void anyLengthArrivesWhole(int length) throws Exception {
        String body = "0123456789".repeat(length / 10 + 1).substring(0, length);
        Response response = taken(get(1, KEEP_CONN));
        Thread application = Thread.ofPlatform().daemon().start(() -> Gate.answer(response, body));
        assertThat(web.answer(1).body()).isEqualTo(body);
        application.join();
        web.settle();
    }

    @Test
    void anEmptyPieceIsNoEndOfTheStream() throws Exception {
        Response response = taken(get(1, CLOSE));
        response.start(OK);
        response.flush();
        response.write(Gate.bytes(""));
        response.flush();
        response.write(Gate.bytes("body"));
        response.end();
        assertThat(web.answer(1).body()).isEqualTo("body");
    }

    @Test
    void slowReaderDoesNotHoldUpTheApplicationWithinTheBounds() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        writing(response, 30, new AtomicInteger()).join();
        assertThat(directory).isDirectoryNotContaining(file -> file.toString().endsWith(".tmp"));
        assertThat(web.answer(1).body()).isEqualTo(PIECE.repeat(30));
        web.settle();
    }

    @Test
    void beyondTheBoundsTheApplicationWaitsForTheReader() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        AtomicInteger written = new AtomicInteger();
        Thread application = writing(response, 200, written);
        Eventually.waitsForRoom(application);
        // 256 KiB in memory (the head among it), 1 MiB in the file, and what the socket holds, in pieces of 32 KiB.
        assertThat(written.get()).isBetween(1280 / 32 - 1, 199);
        assertThat(web.answer(1).body()).isEqualTo(PIECE.repeat(200));
        application.join();
        web.settle();
    }

    @Test
    void applicationThatWaitsGoesOnWhenTheWebServerGoes() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        Thread application = writing(response, 200, new AtomicInteger());
        Eventually.waitsForRoom(application);
        web.close();
        application.join();
        web.awaitServed();
        assertThat(response.cancelled()).isTrue();
        Eventually.becomes("nobody writes any more", () -> !Eventually.anyThreadIn(Outbox.class, "run"));
    }

    @Test
    void interleavedAnswersAreEachInOrder() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), get(2, KEEP_CONN, "REQUEST_METHOD", "HEAD"), params(1), WebServer.stdinEnd(1));
        Response head = taken.take();
        Response whole = taken.take();
        Gate.answer(whole, "body");
        assertThat(web.answer(1).body()).isEqualTo("body");
        Gate.answer(head, "body");
        assertThat(web.answer(2).body()).isEmpty();
    }

    @Test
    void answerToOneRequestDoesNotWaitForTheOther() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Response first = taken.take();
        first.start(OK);
        first.flush();
        Gate.answer(taken.take(), "second");
        first.end();
        int ends = 0;
        StringBuilder second = new StringBuilder();
        while (ends < 2) {
            WebServer.Received record = web.next();
            ends += record.type() == 3 ? 1 : 0;
            second.append(record.id() == 2 && record.type() == 6 ? new String(record.content()) : "");
        }
        assertThat(second).endsWith("\r\n\r\nsecond");
    }

    @Test
    void tornBeforeItsHeadIsA502() throws Exception {
        taken(get(1, KEEP_CONN)).tear("the worker died");
        assertThat(web.answer(1).text()).startsWith("Status: 502 ").contains("gave no answer");
        web.settle();
    }

    @Test
    void tornHeadRequestIsA502WithoutABody() throws Exception {
        taken(get(1, KEEP_CONN, "REQUEST_METHOD", "HEAD")).tear("the worker died");
        assertThat(web.answer(1).text()).startsWith("Status: 502 ").endsWith("\r\n\r\n");
    }

    @Test
    void tornAfterItsHeadIsCutWithoutAnEnd() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        response.start(OK);
        response.write(Gate.bytes("half"));
        response.flush();
        response.tear("the worker died");
        assertThat(web.next().type()).isEqualTo(6);
        assertThat(web.next()).isNull();
        web.awaitServed();
        assertThat(response.cancelled()).isTrue();
    }

    @Test
    void tornLargeAnswerLeavesNoThreadBehind() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        response.start(OK);
        response.write(Gate.bytes(PIECE.repeat(3)));
        for (int received = 0; received < 3 * PIECE.length(); ) {
            received += web.next().content().length;
        }
        response.tear("the worker died");
        web.awaitServed();
        Eventually.becomes("nobody writes any more", () -> !Eventually.anyThreadIn(Outbox.class, "run"));
    }

    @Test
    void endAndTearAfterTheEndDoNothing() throws Exception {
        Response response = taken(get(1, KEEP_CONN));
        Gate.answer(response, "body");
        response.end();
        response.tear("too late");
        assertThat(web.answer(1).body()).isEqualTo("body");
        web.settle();
    }

    @Test
    void misuseIsTold() throws Exception {
        Response response = taken(get(1, CLOSE));
        assertThatIllegalStateException().isThrownBy(() -> response.write(Gate.bytes("x")));
        response.start(OK);
        assertThatIllegalStateException().isThrownBy(() -> response.start(OK));
        response.end();
        assertThatIllegalStateException().isThrownBy(() -> response.write(Gate.bytes("x")));
    }

    @Test
    void largeHeadArrivesWhole() throws Exception {
        String value = "v".repeat(100_000);
        Response response = taken(get(1, KEEP_CONN));
        response.start(Head.of(200, "OK", "X-Large", value));
        response.end();
        assertThat(web.answer(1).text()).isEqualTo("Status: 200 OK\r\nX-Large: " + value + "\r\n\r\n");
    }

    @Test
    @SuppressWarnings("try") // closed early on purpose
    void bodyOfARequestStaysReadableWhileItsConnectionIsGone() throws Exception {
        BlockingQueue<Body> bodies = new ArrayBlockingQueue<>(1);
        Path other = Files.createDirectory(directory.resolve("other"));
        try (Gate keeping = new Gate(other, (request, response) -> bodies.add(request.body()));
                WebServer client = keeping.connect()) {
            client.send(
                    begin(1, 1, KEEP_CONN), params(1), WebServer.stdin(1, "x".repeat(50_000)), WebServer.stdinEnd(1));
            client.settle();
            client.close();
            client.awaitServed();
            try (Body body = bodies.take()) {
                assertThat(body.stream().readAllBytes()).hasSize(50_000);
            }
        }
    }
}
