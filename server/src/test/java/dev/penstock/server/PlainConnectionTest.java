package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.penstock.fastcgi.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// SCGI and uwsgi over a real connection: one request, one plain answer, the end.
@Timeout(20)
class PlainConnectionTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path directory;

    private final BlockingQueue<Response> held = new ArrayBlockingQueue<>(1);
    private final BlockingQueue<PlainConnection> connections = new ArrayBlockingQueue<>(1);
    private final CountDownLatch largeIsDone = new CountDownLatch(1);
    private Gate gate;
    private PlainGate scgi;
    private PlainGate uwsgi;

    @BeforeEach
    void open() throws IOException {
        gate = new Gate(directory, this::application);
        scgi = new PlainGate(PlainProtocol.SCGI, gate.gate);
        uwsgi = new PlainGate(PlainProtocol.UWSGI, gate.gate);
    }

    @AfterEach
    void close() throws IOException {
        gate.close();
    }

    private void application(Request request, Response response) {
        Parameters environ = request.environ();
        try (Body body = request.body()) {
            String text = new String(body.stream().readAllBytes(), StandardCharsets.ISO_8859_1);
            switch (environ.get("PATH_INFO", "")) {
                case "/hold" -> held.add(response);
                case "/large" -> large(response);
                case "/head" -> {
                    response.start(Head.of(
                            200, "OK", "A", "v".repeat(gate.gate.bounds().maxResponseHead())));
                    response.write(Gate.bytes("body"));
                    response.end();
                }
                default ->
                    Gate.answer(
                            response,
                            request.method() + " " + request.origin() + " " + environ.get("SCRIPT_NAME") + "+"
                                    + environ.get("PATH_INFO") + " " + environ.get("CONTENT_LENGTH", "none") + " "
                                    + text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void large(Response response) {
        response.start(Head.of(200, "OK"));
        for (int i = 0; i < 100; i++) {
            response.write(ByteBuffer.wrap(new byte[10_000]));
        }
        response.end();
        largeIsDone.countDown();
    }

    private WebServer connect(PlainProtocol protocol) throws IOException {
        PlainGate plain = protocol == PlainProtocol.SCGI ? scgi : uwsgi;
        return gate.connect(UnaryOperator.identity(), (channel, over) -> {
            PlainConnection connection = plain.open(channel, over);
            connections.clear();
            connections.add(connection);
            connection.run();
        });
    }

    /// @param pairs names and values in turn, after CONTENT_LENGTH
    private static byte[] request(PlainProtocol protocol, String length, String... pairs) {
        String[] all = new String[pairs.length + 2];
        all[0] = "CONTENT_LENGTH";
        all[1] = length;
        System.arraycopy(pairs, 0, all, 2, pairs.length);
        return protocol == PlainProtocol.UWSGI
                ? HeadReaderTest.uwsgi(0, 0, all)
                : HeadReaderTest.scgi(String.join("~", all) + "~");
    }

    private static byte[] body(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void scgiAnswerIsACgiResponse() throws Exception {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(request(PlainProtocol.SCGI, "0", "REQUEST_METHOD", "GET", "REQUEST_URI", "/a%20b"));
            assertThat(web.untilEnd()).isEqualTo("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nGET scgi +/a b 0 ");
        }
    }

    @Test
    void uwsgiAnswerIsAnHttpResponse() throws Exception {
        try (WebServer web = connect(PlainProtocol.UWSGI)) {
            web.send(request(PlainProtocol.UWSGI, "", "REQUEST_METHOD", "GET", "REQUEST_URI", "/a%20b"));
            assertThat(web.untilEnd())
                    .isEqualTo("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nGET uwsgi +/a b none ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void connectionIsLetGoWhenThePeerHasRead(PlainProtocol protocol) throws Exception {
        WebServer web = connect(protocol);
        web.send(request(protocol, "0"));
        assertThat(web.untilEnd()).contains("200 OK");
        web.close();
        web.awaitServed();
        assertThat(scgi.connections() + uwsgi.connections()).isZero();
        assertThat(gate.log).isEmpty();
        assertThat(gate.gate.counters().clientsGone.sum()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void requestMayComeOneByteAtATime(PlainProtocol protocol) throws IOException {
        try (WebServer web = connect(protocol)) {
            for (byte b : WebServer.joined(request(protocol, "4", "REQUEST_METHOD", "POST"), body("body"))) {
                web.send(new byte[] {b});
            }
            assertThat(web.untilEnd())
                    .endsWith("POST " + protocol.name().toLowerCase(java.util.Locale.ROOT) + " + 4 body");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {12 * 1024, 12 * 1024 + 1, (int) Gate.MAX_BODY})
    void bodyIsTakenInMemoryAndInAFile(int length) throws IOException {
        String text = "x".repeat(length);
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(request(PlainProtocol.SCGI, "" + length), body(text));
            assertThat(web.untilEnd()).endsWith(" " + length + " " + text);
        }
    }

    @Test
    void whatFollowsTheBodyIsNotPartOfIt() throws IOException {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(WebServer.joined(request(PlainProtocol.SCGI, "4"), body("body and more")));
            assertThat(web.untilEnd()).endsWith("4 body");
        }
    }

    @ParameterizedTest
    @EnumSource
    void largerBodyIsA413ForAPeerThatReadsOnlyAfterwards(PlainProtocol protocol) throws IOException {
        try (WebServer web = connect(protocol)) {
            web.send(request(protocol, "2400000", "REQUEST_URI", "/up"));
            for (int i = 0; i < 24; i++) {
                web.send(new byte[100_000]);
            }
            assertThat(web.untilEnd()).contains(" 413 ").contains("max_request_body = 200000 bytes");
        }
        assertThat(gate.log).singleElement().asString().startsWith("WARNING /up: 413");
        assertThat(gate.gate.counters().requests.sum()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void bodyBeyondDrainBytesIsTheEndOfTheConnection(PlainProtocol protocol) throws Exception {
        try (WebServer web = connect(protocol)) {
            web.send(request(protocol, "" + 100_000_000, "REQUEST_URI", "/up"));
            byte[] piece = new byte[100_000];
            assertThatIOException().isThrownBy(() -> {
                for (int i = 0; i < 1000; i++) {
                    web.send(piece);
                }
            });
            web.awaitServed();
        }
        assertThat(gate.log).last().asString().endsWith("more than drain_bytes = " + Gate.DRAIN_BYTES);
        assertThat(gate.gate.counters().limits()).containsEntry("drain_bytes", 1L);
    }

    @Test
    void truncatedBodyIsA400ThatTheApplicationDoesNotSee() throws IOException {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(request(PlainProtocol.SCGI, "5"), body("body"));
            web.endInput();
            assertThat(web.untilEnd()).startsWith("Status: 400 ").contains("ended after 4 bytes of 5");
        }
        assertThat(gate.gate.counters().requests.sum()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void headHasNoBody(PlainProtocol protocol) throws IOException {
        try (WebServer web = connect(protocol)) {
            web.send(request(protocol, "0", "REQUEST_METHOD", "HEAD"));
            assertThat(web.untilEnd()).contains(" 200 OK\r\n").endsWith("\r\n\r\n");
        }
    }

    @Test
    void largeAnswerDoesNotHoldTheApplication() throws Exception {
        try (WebServer web = connect(PlainProtocol.UWSGI)) {
            web.send(request(PlainProtocol.UWSGI, "0", "PATH_INFO", "/large", "REQUEST_URI", "/large"));
            // Only read when all of it has been written, which is more than a socket holds.
            Eventually.becomes(
                    "the application is done",
                    () -> gate.gate.counters().requests.sum() == 1);
            assertThat(web.untilEnd()).hasSize("HTTP/1.1 200 OK\r\n\r\n".length() + 1_000_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void clientThatGoesAwayIsNoticedWhileItsAnswerIsMade(PlainProtocol protocol) throws Exception {
        WebServer web = connect(protocol);
        web.send(request(protocol, "0", "REQUEST_URI", "/hold"));
        Response response = held.take();
        assertThat(response.cancelled()).isFalse();
        CountDownLatch told = new CountDownLatch(1);
        response.whenCancelled(told::countDown);
        web.close();
        told.await();
        web.awaitServed();
        assertThat(response.cancelled()).isTrue();
        assertThat(gate.gate.counters().clientsGone.sum()).isEqualTo(1);
        Gate.answer(response, "for nobody");
        assertThat(gate.log).isEmpty();
    }

    @Test
    void answerThatCannotBeCompletedIsAPageOrAnEnd() throws Exception {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(request(PlainProtocol.SCGI, "0", "REQUEST_URI", "/hold"));
            held.take().tear("broken");
            assertThat(web.untilEnd()).startsWith("Status: 502 ");
        }
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(request(PlainProtocol.SCGI, "0", "REQUEST_URI", "/hold"));
            Response response = held.take();
            response.start(Head.of(200, "OK", "Content-Length", "100"));
            response.tear("broken");
            assertThat(web.untilEnd()).isEqualTo("Status: 200 OK\r\nContent-Length: 100\r\n\r\n");
            web.awaitServed();
        }
    }

    @Test
    void tornAnswerIsAResetOverTcp() throws Exception {
        try (var listening = java.nio.channels.ServerSocketChannel.open()
                        .bind(new java.net.InetSocketAddress("127.0.0.1", 0));
                SocketChannel client = SocketChannel.open(listening.getLocalAddress())) {
            CountDownLatch over = new CountDownLatch(1);
            SocketChannel accepted = listening.accept();
            Thread.ofPlatform().daemon().start(() -> scgi.serve(accepted, over::countDown));
            WebServer web = new WebServer(client, over);
            web.send(request(PlainProtocol.SCGI, "0", "REQUEST_URI", "/hold"));
            Response response = held.take();
            response.start(Head.of(200, "OK"));
            response.tear("broken");
            org.assertj.core.api.Assertions.assertThatExceptionOfType(IOException.class)
                    .isThrownBy(web::untilEnd)
                    .withMessageContaining("reset");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\n\r\n", "23:CONTENT_LENGTH~-1~A~b~~,", "24:CONTENT_LENGTH~x\n~AA~b~~,"})
    void malformedInputIsOneLineInTheLogAndAClosedConnection(String input) throws Exception {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            web.send(HeadReaderTest.bytes(input));
            assertThat(web.untilEnd()).isEmpty();
            web.awaitServed();
        }
        assertThat(gate.log)
                .singleElement()
                .asString()
                .startsWith("WARNING closed a connection from user " + System.getProperty("user.name") + ": ")
                .doesNotContain("\n");
        assertThat(gate.gate.counters().protocolErrors.sum()).isEqualTo(1);
    }

    @Test
    void headMustBeCompleteInTimeHoweverItTrickles() throws Exception {
        ByteBuffer input = ByteBuffer.allocate(100);
        try (WebServer web =
                gate.connect(UnaryOperator.identity(), (channel, over) -> connections.add(scgi.open(channel, over)))) {
            PlainConnection connection = connections.take();
            for (String piece : List.of("24:CON", "TENT", "_LEN")) {
                web.send(body(piece));
                assertThat(connection.readOnce(input)).isTrue();
                connection.expire(System.nanoTime() + 29 * SECOND);
            }
            assertThat(gate.gate.counters().timedOut.sum()).isZero();
            connection.expire(System.nanoTime() + 31 * SECOND);
            assertThat(connection.readOnce(input)).isFalse();
            web.awaitServed();
        }
        assertThat(gate.gate.counters().timedOut.sum()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(PlainProtocol.class)
    void responseHeadOverItsLimitIsReplacedAndCounted(PlainProtocol protocol) throws Exception {
        try (WebServer web = connect(protocol)) {
            web.send(request(protocol, "0", "PATH_INFO", "/head"));
            assertThat(web.untilEnd())
                    .contains(" 502 ")
                    .contains("(max_response_head)")
                    .endsWith("</html>\n");
        }
        assertThat(gate.gate.counters().limits()).containsEntry("max_response_head", 1L);
    }

    @Test
    void pauseWithinABodyIsBoundedAndTheApplicationDoesNotSeeIt() throws Exception {
        ByteBuffer input = ByteBuffer.allocate(100);
        try (WebServer web =
                gate.connect(UnaryOperator.identity(), (channel, over) -> connections.add(scgi.open(channel, over)))) {
            PlainConnection connection = connections.take();
            web.send(request(PlainProtocol.SCGI, "9"), body("body"));
            assertThat(connection.readOnce(input)).isTrue();
            connection.expire(System.nanoTime() + 119 * SECOND);
            assertThat(gate.gate.counters().timedOut.sum()).isZero();
            connection.expire(System.nanoTime() + 121 * SECOND);
            assertThat(connection.readOnce(input)).isFalse();
            assertThat(web.untilEnd()).startsWith("Status: 400 ");
        }
        assertThat(gate.gate.counters().requests.sum()).isZero();
    }

    @Test
    void peerHasDrainTimeoutToCloseAfterTheAnswer() throws Exception {
        try (WebServer web = connect(PlainProtocol.SCGI)) {
            PlainConnection connection = connections.take();
            web.send(request(PlainProtocol.SCGI, "0"));
            long before = System.nanoTime();
            web.untilEnd();
            connection.expire(before + Gate.DRAIN_NANOS / 2);
            assertThat(gate.gate.counters().timedOut.sum()).isZero();
            connection.expire(System.nanoTime() + Gate.DRAIN_NANOS);
            web.awaitServed();
        }
    }
}
