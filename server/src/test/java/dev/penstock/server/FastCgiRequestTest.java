package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.joined;
import static dev.penstock.server.WebServer.params;
import static dev.penstock.server.WebServer.record;
import static dev.penstock.server.WebServer.stdin;
import static dev.penstock.server.WebServer.stdinEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.RecordType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests over a real connection, answered in order.
@Timeout(20)
class FastCgiRequestTest {
    @TempDir
    Path directory;

    private Gate gate;

    @BeforeEach
    void open() throws IOException {
        gate = new Gate(directory, FastCgiRequestTest::echo);
    }

    @AfterEach
    void close() throws IOException {
        gate.close();
    }

    /// Answers with the method, the path, the announced length and the body.
    private static void echo(Request request, Response response) {
        Parameters environ = request.environ();
        try (Body body = request.body()) {
            String text = new String(body.stream().readAllBytes(), StandardCharsets.ISO_8859_1);
            Gate.answer(
                    response,
                    request.method() + " " + environ.get("PATH_INFO") + " " + environ.get("CONTENT_LENGTH", "none")
                            + " " + text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] post(int id, int flags, String length, String... pieces) {
        byte[] request = joined(
                begin(id, 1, flags),
                params(id, "REQUEST_METHOD", "POST", "REQUEST_URI", "/up", "CONTENT_LENGTH", length));
        for (String piece : pieces) {
            request = joined(request, stdin(id, piece));
        }
        return joined(request, stdinEnd(id));
    }

    @Test
    void answerBeginsWithItsStatusAndEndsComplete() throws IOException {
        try (WebServer web = gate.connect()) {
            WebServer.Answer answer =
                    web.send(get(1, CLOSE, "REQUEST_URI", "/hello")).answer(1);
            assertThat(answer.text()).isEqualTo("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nGET /hello none ");
            assertThat(answer.protocolStatus()).isZero();
        }
    }

    @Test
    void requestMayComeOneByteAtATime() throws IOException {
        try (WebServer web = gate.connect()) {
            for (byte b : post(1, CLOSE, "9", "hello", "body")) {
                web.send(new byte[] {b});
            }
            assertThat(web.answer(1).body()).isEqualTo("POST /up 9 hellobody");
        }
    }

    @Test
    void bodyMayBeLargerThanOneRead() throws IOException {
        String piece = "0123456789".repeat(6000);
        try (WebServer web = gate.connect()) {
            web.send(post(1, CLOSE, "180000", piece, piece, piece));
            assertThat(web.answer(1).body()).isEqualTo("POST /up 180000 " + piece.repeat(3));
        }
    }

    @Test
    void keptConnectionTakesOneRequestAfterTheOther() throws IOException {
        try (WebServer web = gate.connect()) {
            for (int i = 0; i < 50; i++) {
                web.send(get(1, KEEP_CONN, "REQUEST_URI", "/" + i));
                assertThat(web.answer(1).body()).isEqualTo("GET /" + i + " none ");
            }
        }
    }

    @Test
    void requestsMayBeSentBeforeTheAnswersAreRead() throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(get(1, KEEP_CONN, "REQUEST_URI", "/a"), get(1, KEEP_CONN, "REQUEST_URI", "/b"));
            assertThat(web.answer(1).body()).isEqualTo("GET /a none ");
            assertThat(web.answer(1).body()).isEqualTo("GET /b none ");
        }
    }

    @Test
    void otherConnectionIsClosedAfterItsAnswer() throws Exception {
        try (WebServer web = gate.connect()) {
            web.send(get(1, CLOSE, "REQUEST_URI", "/"));
            web.answer(1);
            assertThat(web.next()).isNull();
            web.awaitServed();
        }
        assertThat(gate.gate.connections()).isZero();
        assertThat(gate.log).isEmpty();
    }

    @Test
    void requestsMayBeInterleaved() throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(begin(1, 1, KEEP_CONN), begin(2, 1, KEEP_CONN), params(2, "REQUEST_URI", "/two"));
            web.send(params(1, "REQUEST_URI", "/one"), stdin(2, "se"), stdin(1, "first"), stdin(2, "cond"));
            web.send(stdinEnd(2));
            assertThat(web.answer(2).body()).isEqualTo("GET /two 6 second");
            web.send(stdinEnd(1));
            assertThat(web.answer(1).body()).isEqualTo("GET /one 5 first");
        }
    }

    @Test
    void headHasNoBody() throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(get(1, CLOSE, "REQUEST_METHOD", "HEAD", "REQUEST_URI", "/"));
            assertThat(web.answer(1).text()).startsWith("Status: 200 OK\r\n").endsWith("\r\n\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', 0, none", "'', '', none", "'', -1, none", "body, '', 4", "body, -1, 4", "body, 3, 4", "body, 4, 4"
    })
    void endOfTheBodyIsTheTruthAboutItsLength(String body, String announced, String seen) throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(body.isEmpty() ? post(1, CLOSE, announced) : post(1, CLOSE, announced, body));
            String expected = announced.equals("0") ? "0" : seen;
            assertThat(web.answer(1).body()).isEqualTo("POST /up " + expected + " " + body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "999999999999999999"})
    void truncatedBodyIsA400ThatTheApplicationDoesNotSee(String announced) throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(post(1, KEEP_CONN, announced, "body"));
            assertThat(web.answer(1).text()).startsWith("Status: 400 ").contains("ended after 4 bytes of " + announced);
            assertThat(web.send(get(1, CLOSE, "REQUEST_URI", "/next")).answer(1).body())
                    .isEqualTo("GET /next none ");
        }
        assertThat(gate.gate.counters().requests.sum()).isEqualTo(1);
    }

    @Test
    void bodyOfExactlyTheLimitIsTaken() throws IOException {
        String[] pieces = {"x".repeat(60_000), "x".repeat(60_000), "x".repeat(60_000), "x".repeat(20_000)};
        try (WebServer web = gate.connect()) {
            web.send(post(1, CLOSE, Long.toString(Gate.MAX_BODY), pieces));
            assertThat(web.answer(1).body()).startsWith("POST /up " + Gate.MAX_BODY + " xxx");
        }
    }

    @Test
    void largerBodyIsA413AndTheRestIsReadAndDropped() throws IOException {
        String[] pieces = new String[40];
        Arrays.fill(pieces, "x".repeat(60_000));
        try (WebServer web = gate.connect()) {
            // As mod_fcgid does: everything is sent before anything is read.
            web.send(post(1, KEEP_CONN, "2400000", pieces));
            assertThat(web.answer(1).text()).startsWith("Status: 413 ").contains("max_request_body = 200000 bytes");
            assertThat(web.send(get(1, CLOSE, "REQUEST_URI", "/next")).answer(1).body())
                    .isEqualTo("GET /next none ");
        }
        assertThat(gate.log).singleElement().asString().startsWith("WARNING /up: 413");
    }

    @Test
    void bodyOverTheLimitIsDrainedAlsoWhenTheConnectionIsNotKept() throws Exception {
        String[] pieces = new String[40];
        Arrays.fill(pieces, "x".repeat(60_000));
        try (WebServer web = gate.connect()) {
            web.send(post(1, CLOSE, "2400000", pieces));
            assertThat(web.answer(1).text()).startsWith("Status: 413 ");
            assertThat(web.next()).isNull();
        }
    }

    @Test
    void valuesAreToldAtAnyTime() throws IOException {
        Parameters asked = new Parameters();
        asked.set("FCGI_MAX_CONNS", "");
        asked.set("FCGI_MPXS_CONNS", "");
        asked.set("SOMETHING", "");
        try (WebServer web = gate.connect()) {
            web.send(record(RecordType.GET_VALUES, 0, asked.encode()));
            WebServer.Received values = web.next();
            assertThat(values.type()).isEqualTo((int) RecordType.GET_VALUES_RESULT.code());
            assertThat(new String(values.content(), StandardCharsets.ISO_8859_1))
                    .isEqualTo("\u000e\u0003FCGI_MAX_CONNS100\u000f\u0001FCGI_MPXS_CONNS1");
            assertThat(web.send(get(1, CLOSE)).answer(1).body()).startsWith("GET ");
        }
    }

    @Test
    void unknownManagementTypeIsNamed() throws IOException {
        try (WebServer web = gate.connect()) {
            web.send(record(RecordType.DATA, 0, (byte) 1));
            WebServer.Received answer = web.next();
            assertThat(answer.type()).isEqualTo((int) RecordType.UNKNOWN_TYPE.code());
            assertThat(answer.content()).isEqualTo(new byte[] {8, 0, 0, 0, 0, 0, 0, 0});
        }
    }

    @Test
    void aTransferCodingThatTheWebServerHasUndoneDoesNotReachTheApplication() throws IOException {
        Application names =
                (request, response) -> Gate.answer(response, request.environ().toString());
        try (Gate other = new Gate(java.nio.file.Files.createDirectory(directory.resolve("other")), names);
                WebServer web = other.connect()) {
            web.send(get(1, CLOSE, "HTTP_TRANSFER_ENCODING", "chunked"));
            assertThat(web.answer(1).body()).contains("PATH_INFO").doesNotContain("TRANSFER");
        }
    }

    @Test
    void emptyVariablesAndTheProxyHeaderDoNotReachTheApplication() throws IOException {
        Application names =
                (request, response) -> Gate.answer(response, request.environ().toString());
        try (Gate other = new Gate(java.nio.file.Files.createDirectory(directory.resolve("other")), names);
                WebServer web = other.connect()) {
            web.send(get(1, CLOSE, "CONTENT_TYPE", "", "REMOTE_USER", "", "HTTP_PROXY", "evil:1", "HTTP_X", ""));
            assertThat(web.answer(1).body()).isEqualTo("Parameters[HTTP_X, FCGI_ROLE, PATH_INFO, SCRIPT_NAME]");
        }
    }
}
