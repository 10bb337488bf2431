package dev.penstock.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.server.Application;
import dev.penstock.server.Head;
import dev.penstock.server.Response;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The listener as its clients see it.
class HttpListenerTest {
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.US_ASCII);

    private static String get(Application application, String... headers) throws IOException {
        return ask(application, "GET / HTTP/1.1", headers);
    }

    private static String ask(Application application, String requestLine, String... headers) throws IOException {
        try (Listening listening = new Listening(application)) {
            String[] lines = new String[headers.length + 3];
            lines[0] = requestLine;
            lines[1] = "Host: h";
            lines[2] = "Connection: close";
            System.arraycopy(headers, 0, lines, 3, headers.length);
            return listening.raw(lines);
        }
    }

    private static Application page(int status, String reason, String... headers) {
        return (request, response) -> {
            response.start(Head.of(status, reason, headers));
            response.write(ByteBuffer.wrap(TEXT));
            response.end();
        };
    }

    @Test
    void aShortAnswerLeavesWithItsLength() throws IOException {
        assertThat(get(page(200, "OK", "Content-Type", "text/plain")))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("Content-Type: text/plain\r\n", "Content-Length: 9\r\n", "Date: ")
                .doesNotContainIgnoringCase("jetty")
                .endsWith("\r\n\r\nsome text");
    }

    @Test
    void headersArriveInTheirOrderAndAsOftenAsTheyWereGiven() throws IOException {
        assertThat(get(page(404, "Not Found", "Set-Cookie", "a=1", "X-B", "2", "Set-Cookie", "c=3")))
                .startsWith("HTTP/1.1 404 Not Found\r\n")
                .contains("Set-Cookie: a=1\r\n", "X-B: 2\r\n", "Set-Cookie: c=3\r\n");
    }

    @Test
    void theApplicationsDateReplacesOurs() throws IOException {
        assertThat(get(page(200, "OK", "Date", "Sun, 06 Nov 1994 08:49:37 GMT")))
                .containsOnlyOnce("Date:")
                .contains("1994");
    }

    @Test
    void theAnswerToHeadHasNoBodyAndNoInventedLength() throws IOException {
        assertThat(ask(page(200, "OK"), "HEAD / HTTP/1.1"))
                .startsWith("HTTP/1.1 200 ")
                .doesNotContain("Content-Length: 0")
                .endsWith("\r\n\r\n");
        assertThat(ask(page(200, "OK", "Content-Length", "9"), "HEAD / HTTP/1.1"))
                .contains("Content-Length: 9\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void noContentAndNotModifiedHaveNoBody() throws IOException {
        assertThat(get(page(204, "No Content"))).startsWith("HTTP/1.1 204 ").endsWith("\r\n\r\n");
        assertThat(get(page(304, "Not Modified", "ETag", "\"x\"", "Content-Length", "9")))
                .startsWith("HTTP/1.1 304 ")
                .contains("ETag: \"x\"")
                .endsWith("\r\n\r\n");
    }

    @Test
    void oneConnectionCarriesManyRequests() throws IOException {
        try (Listening listening = new Listening(page(200, "OK"));
                Socket socket = listening.connect()) {
            for (int i = 0; i < 3; i++) {
                Listening.send(socket, "GET / HTTP/1.1", "Host: h");
                assertThat(Listening.head(socket)).startsWith("HTTP/1.1 200 ");
                assertThat(socket.getInputStream().readNBytes(TEXT.length)).isEqualTo(TEXT);
            }
        }
    }

    @Test
    void aFlushedPieceArrivesBeforeTheAnswerIsComplete() throws Exception {
        SynchronousQueue<Response> started = new SynchronousQueue<>();
        Application application = (request, response) -> Thread.ofPlatform().start(() -> hold(started, response));
        try (Listening listening = new Listening(application);
                Socket socket = listening.connect()) {
            Listening.send(socket, "GET / HTTP/1.1", "Host: h", "Connection: close");
            Response response = started.take();
            response.start(Head.of(200, "OK"));
            response.flush();
            assertThat(Listening.head(socket)).contains("Transfer-Encoding: chunked");
            response.write(ByteBuffer.wrap(TEXT));
            response.flush();
            assertThat(socket.getInputStream().readNBytes(3 + TEXT.length))
                    .isEqualTo("9\r\nsome text".getBytes(StandardCharsets.US_ASCII));
            response.end();
            assertThat(Listening.rest(socket)).isEqualTo("\r\n0\r\n\r\n");
        }
    }

    private static void hold(SynchronousQueue<Response> queue, Response response) {
        try {
            queue.put(response);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSlowClientDoesNotHoldTheApplication() throws Exception {
        byte[] piece = new byte[100_000];
        CountDownLatch written = new CountDownLatch(1);
        Application application = (request, response) -> {
            response.start(Head.of(200, "OK", "Content-Length", "20000000"));
            for (int i = 0; i < 200; i++) {
                response.write(ByteBuffer.wrap(piece));
            }
            response.end();
            written.countDown();
        };
        try (Listening listening = new Listening(application, Duration.ofSeconds(20), 200_000, 1 << 30);
                Socket socket = listening.connect()) {
            Listening.send(socket, "GET / HTTP/1.1", "Host: h", "Connection: close");
            assertThat(written.await(20, TimeUnit.SECONDS)).isTrue();
            Listening.head(socket);
            assertThat(socket.getInputStream().readAllBytes()).hasSize(20_000_000);
        }
    }

    @Test
    void aClientThatReadsNothingIsGivenUpAndTheApplicationIsTold() throws Exception {
        byte[] piece = new byte[100_000];
        CountDownLatch told = new CountDownLatch(2);
        Application application = (request, response) -> {
            response.whenCancelled(told::countDown);
            response.start(Head.of(200, "OK"));
            while (!response.cancelled()) {
                response.write(ByteBuffer.wrap(piece));
            }
            response.end();
            told.countDown();
        };
        try (Listening listening = new Listening(application, Duration.ofMillis(300), 200_000, 200_000);
                Socket socket = listening.connect()) {
            Listening.send(socket, "GET / HTTP/1.1", "Host: h");
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aClientThatHasGoneIsToldToWhoeverAsksLater() throws Exception {
        byte[] piece = new byte[100_000];
        CountDownLatch told = new CountDownLatch(1);
        Application application = (request, response) -> {
            response.start(Head.of(200, "OK"));
            while (!response.cancelled()) {
                response.write(ByteBuffer.wrap(piece));
            }
            response.whenCancelled(told::countDown);
            response.end();
        };
        try (Listening listening = new Listening(application)) {
            try (Socket socket = listening.connect()) {
                Listening.send(socket, "GET / HTTP/1.1", "Host: h");
                Listening.head(socket);
            }
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aTornAnswerIsNoClientThatHasGone() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        Application application = (request, response) -> {
            response.whenCancelled(told::countDown);
            response.start(Head.of(200, "OK"));
            response.tear("for a reason of ours");
            over.countDown();
        };
        try (Listening listening = new Listening(application);
                Socket socket = listening.connect()) {
            Listening.send(socket, "GET / HTTP/1.1", "Host: h");
            assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(told.getCount()).isEqualTo(1);
        }
    }

    @Test
    void aHeadOverItsLimitIsReplaced() throws IOException {
        String answer = get(page(200, "OK", "A", "v".repeat(2 << 20)));
        assertThat(answer).startsWith("HTTP/1.1 502 ").contains("(max_response_head)");
    }

    @Test
    void anApplicationMayTakeLongerThanAConnectionMayBeIdle() throws Exception {
        SynchronousQueue<Response> started = new SynchronousQueue<>();
        Application application = (request, response) -> Thread.ofPlatform().start(() -> hold(started, response));
        try (Listening listening = new Listening(application, Duration.ofSeconds(1), 1 << 20, 1 << 20);
                Socket slow = listening.connect();
                Socket idle = listening.connect()) {
            Listening.send(slow, "GET / HTTP/1.1", "Host: h", "Connection: close");
            Response response = started.take();
            assertThat(idle.getInputStream().read()).as("closed as idle").isEqualTo(-1);
            Listening.answer(response, "at last");
            assertThat(Listening.rest(slow)).endsWith("at last");
        }
    }

    @Test
    void anAnswerTornBeforeItsHeadIsA502() throws IOException {
        assertThat(get((request, response) -> response.tear("worker died")))
                .startsWith("HTTP/1.1 502 Bad Gateway\r\n")
                .doesNotContain("worker died");
    }

    @Test
    void anAnswerTornAfterItsHeadIsCut() {
        Application application = (request, response) -> {
            response.start(Head.of(200, "OK"));
            response.write(ByteBuffer.wrap(TEXT));
            response.flush();
            response.tear("worker died");
        };
        assertThatThrownBy(() -> ask(application, "GET / HTTP/1.0"))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void anApplicationThatThrowsIsA502AndIsLogged() throws IOException {
        try (Listening listening = new Listening((request, response) -> {
            throw new IllegalStateException("a fault of ours");
        })) {
            assertThat(listening.raw("GET /x HTTP/1.1", "Host: h", "Connection: close"))
                    .startsWith("HTTP/1.1 502 ");
            assertThat(listening.log).anySatisfy(line -> assertThat(line).contains("GET /x", "a fault of ours"));
        }
    }

    @Test
    void whatIsNoRequestGetsAPlain400() throws IOException {
        try (Listening listening = new Listening(page(200, "OK"))) {
            assertThat(listening.raw("nonsense"))
                    .startsWith("HTTP/1.1 400 ")
                    .doesNotContainIgnoringCase("jetty")
                    .endsWith("400 Bad Request\n");
        }
    }

    @Test
    void stoppingLetsTheRequestInFlightEnd() throws Exception {
        SynchronousQueue<Response> started = new SynchronousQueue<>();
        Application application = (request, response) -> Thread.ofPlatform().start(() -> hold(started, response));
        try (Listening listening = new Listening(application);
                Socket socket = listening.connect()) {
            Listening.send(socket, "GET / HTTP/1.1", "Host: h", "Connection: close");
            Response response = started.take();
            Thread stopper = Thread.ofPlatform().start(() -> listening.listener.stop(Duration.ofSeconds(20)));
            assertThatThrownBy(() -> connectUntilRefused(listening)).isInstanceOf(IOException.class);
            Listening.answer(response, "still served");
            assertThat(Listening.rest(socket)).endsWith("still served");
            stopper.join();
        }
    }

    private static void connectUntilRefused(Listening listening) throws IOException {
        while (true) {
            listening.connect().close();
        }
    }

    @Test
    void anAddressInUseIsNamed() throws IOException {
        try (Listening first = new Listening(page(200, "OK"))) {
            InetSocketAddress taken = first.listener.address();
            HttpListener second = new HttpListener(
                    taken,
                    page(200, "OK"),
                    new dev.penstock.server.Bounds(
                            1, 1, 1, 1, 1, 1, java.nio.file.Path.of("/tmp"), dev.penstock.fastcgi.Limits.DEFAULT),
                    (level, source, text) -> {},
                    8);
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getPort())
                    .hasMessageContaining("in use");
        }
    }
}
