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
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Requests that are refused, aborted or broken; the application keeps those that reach it.
@Timeout(20)
class FastCgiRefusalTest extends HeldRequests {
    @Test
    void unknownRoleGetsARealAnswer() throws IOException {
        web.send(begin(1, 9, KEEP_CONN), params(1, "A", "b"), stdin(1, "x"), stdinEnd(1));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text()).startsWith("Status: 503 ").contains("Retry-After: 1\r\n");
        assertThat(answer.protocolStatus()).isEqualTo(3);
        web.settle();
    }

    @Test
    void authorizerGetsARealAnswer() throws IOException {
        web.send(begin(1, 2, CLOSE), params(1, "A", "b"));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text()).startsWith("Status: 503 ").contains("the role AUTHORIZER");
        assertThat(answer.protocolStatus()).isEqualTo(3);
        assertThat(web.next()).isNull();
    }

    @Test
    void filterGetsARealAnswerAndItsFileIsDropped() throws IOException {
        web.send(begin(1, 3, KEEP_CONN), params(1), stdin(1, "in"), stdinEnd(1));
        web.send(record(RecordType.DATA, 1, (byte) 'x'), record(RecordType.DATA, 1));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text()).startsWith("Status: 503 ").contains("the role FILTER");
        assertThat(answer.protocolStatus()).isEqualTo(3);
        web.settle();
        assertThat(taken).isEmpty();
    }

    @Test
    void oneUnfinishedRequestTooManyGetsARealAnswer() throws IOException {
        web.send(begin(1, 1, KEEP_CONN), begin(2, 1, KEEP_CONN), begin(3, 1, KEEP_CONN));
        WebServer.Answer answer = web.answer(3);
        assertThat(answer.text()).startsWith("Status: 503 ");
        assertThat(answer.protocolStatus()).isEqualTo(2);
    }

    @Test
    void idThatIsBeingAnsweredIsNotTakenTwice() throws Exception {
        web.send(get(1, KEEP_CONN), get(1, KEEP_CONN));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text()).startsWith("Status: 503 ");
        assertThat(answer.protocolStatus()).isEqualTo(1);
        web.settle();
        assertThat(taken).hasSize(1);
    }

    @Test
    void refusalOfABusyIdDoesNotMakeTheFirstRequestForgotten() throws Exception {
        web.send(get(1, KEEP_CONN), get(1, KEEP_CONN));
        web.answer(1);
        web.close();
        web.awaitServed();
        assertThat(taken.take().cancelled()).as("the client has gone").isTrue();
    }

    @Test
    void idIsFreeAsSoonAsTheWebServerCanKnow() throws Exception {
        CountDownLatch webServerHasAnswered = new CountDownLatch(1);
        try (Gate slow = new Gate(Files.createDirectory(directory.resolve("slow")), (request, response) -> {
                    taken.add(response);
                    Thread.ofPlatform().daemon().start(() -> Gate.answer(response, "x"));
                });
                WebServer fast = slow.connect(end -> pausing(end, webServerHasAnswered))) {
            fast.send(get(1, KEEP_CONN));
            fast.answer(1);
            taken.take();
            fast.send(get(1, KEEP_CONN));
            assertThat(taken.poll(5, TimeUnit.SECONDS)).as("the second request").isNotNull();
            webServerHasAnswered.countDown();
            assertThat(fast.answer(1).text()).startsWith("Status: 200 ");
        } finally {
            webServerHasAnswered.countDown();
        }
    }

    /// A thread that has written is interrupted by the scheduler before it can do anything else.
    private static SocketChannel pausing(SocketChannel end, CountDownLatch goOn) {
        return new WatchedChannel(end, () -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void abortWithinTheBodyNeverReachesTheApplication() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), params(1), stdin(1, "half"), abort(1), stdin(1, "rest"), stdinEnd(1));
        web.send(get(2, KEEP_CONN));
        taken.take().tear("no answer needed");
        assertThat(taken).isEmpty();
    }

    @Test
    void requestAbortedWithinItsBodyIsEnded() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), params(1), stdin(1, "half"), abort(1));
        assertEndOf(1);
    }

    @Test
    void requestAbortedRightAfterItsBeginIsEnded() throws Exception {
        web.send(begin(1, 1, KEEP_CONN), abort(1));
        assertEndOf(1);
    }

    @Test
    void requestAbortedWhileItIsAnsweredIsEndedWhenTheApplicationIsDone() throws Exception {
        web.send(get(1, KEEP_CONN), abort(1));
        web.settle();
        Response response = taken.take();
        assertThat(response.cancelled()).isTrue();
        Gate.answer(response, "for nobody");
        assertEndOf(1);
    }

    @Test
    void connectionThatIsNotKeptIsShutAfterAnAbort() throws Exception {
        web.send(begin(1, 1, CLOSE), params(1), abort(1));
        for (WebServer.Received record = web.next(); record != null; record = web.next()) {
            assertThat(record.id()).isEqualTo(1);
        }
        web.close();
        web.awaitServed();
    }

    private void assertEndOf(int id) throws IOException {
        WebServer.Received record = web.next();
        while (record.type() == RecordType.STDOUT.code() && record.id() == id) {
            record = web.next();
        }
        assertThat(record.type()).isEqualTo((int) RecordType.END_REQUEST.code());
        assertThat(record.id()).isEqualTo(id);
        web.settle();
    }

    @Test
    void abortOfAnUnknownRequestIsIgnored() throws IOException {
        web.send(abort(7));
        web.settle();
    }

    @Test
    void brokenProtocolClosesTheConnectionAndIsLogged() throws Exception {
        web.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(web.next()).isNull();
        web.awaitServed();
        assertThat(gate.log)
                .containsExactly("WARNING closed a connection from user "
                        + System.getProperty("user.name")
                        + ": expected a FastCGI record of version 1, found a first byte of 71 (HTTP?)");
        assertThat(gate.gate.counters().protocolErrors.sum()).isEqualTo(1);
    }

    @Test
    void faultOfTheApplicationClosesTheConnectionAndIsLogged() throws Exception {
        Application broken = (request, response) -> {
            throw new IllegalStateException("broken application");
        };
        try (Gate other = new Gate(Files.createDirectory(directory.resolve("other")), broken);
                WebServer client = other.connect()) {
            client.send(get(1, KEEP_CONN));
            assertThat(client.next()).isNull();
            client.awaitServed();
            assertThat(other.log)
                    .singleElement()
                    .asString()
                    .startsWith("ERROR ")
                    .contains("broken application");
        }
    }

    @Test
    void webServerThatGoesWithinARequestIsNoWarning() throws Exception {
        web.send(begin(1, 1, CLOSE), params(1), stdin(1, "half"));
        web.close();
        web.awaitServed();
        assertThat(gate.log).containsExactly("DEBUG the web server closed within a request");
        assertThat(directory).isDirectoryNotContaining(file -> file.toString().endsWith(".tmp"));
    }

    @Test
    void webServerThatGoesCancelsItsRequests() throws Exception {
        web.send(get(1, KEEP_CONN), get(2, KEEP_CONN));
        Response first = taken.take();
        Response second = taken.take();
        assertThat(first.cancelled()).isFalse();
        web.close();
        web.awaitServed();
        assertThat(first.cancelled()).isTrue();
        assertThat(second.cancelled()).isTrue();
        Gate.answer(first, "for nobody");
        second.tear("for nobody");
    }
}
