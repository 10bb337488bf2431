package dev.penstock.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.server.Application;
import dev.penstock.server.Body;
import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Bodies of requests: small and large, announced and chunked, and those that are refused.
class RequestBodyTest {
    private static final Application DIGEST = RequestBodyTest::digest;

    private Listening listening;

    /// Answers with the body's kind, CONTENT_LENGTH, length and checksum.
    private static void digest(Request request, Response response) {
        try (Body body = request.body();
                InputStream in = body.stream()) {
            byte[] bytes = in.readAllBytes();
            Listening.answer(
                    response,
                    body.getClass().getSimpleName() + " " + request.environ().get("CONTENT_LENGTH", "none") + " "
                            + bytes.length + " " + crc(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @BeforeEach
    void listen() throws IOException {
        listening = new Listening(DIGEST);
    }

    @AfterEach
    void close() {
        listening.close();
    }

    private HttpResponse<String> post(BodyPublisher body, boolean expectContinue) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(listening.uri("/"))
                    .expectContinue(expectContinue)
                    .POST(body)
                    .build();
            return client.send(request, BodyHandlers.ofString());
        }
    }

    @Test
    void aSmallBodyStaysInMemory() throws Exception {
        byte[] bytes = noise(12 * 1024);
        assertThat(post(BodyPublishers.ofByteArray(bytes), false).body())
                .isEqualTo("InMemory 12288 12288 " + crc(bytes));
    }

    @Test
    void aLargerBodyIsSpooled() throws Exception {
        byte[] bytes = noise(900_000);
        assertThat(post(BodyPublishers.ofByteArray(bytes), false).body())
                .isEqualTo("Spooled 900000 900000 " + crc(bytes));
    }

    @Test
    void aChunkedBodyGetsItsTrueLength() throws Exception {
        byte[] bytes = noise(100_000);
        BodyPublisher chunked = BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(bytes));
        assertThat(post(chunked, false).body()).isEqualTo("Spooled 100000 100000 " + crc(bytes));
    }

    @Test
    void aClientThatAsksFirstIsToldToContinue() throws Exception {
        try (Socket socket = listening.connect()) {
            Listening.send(
                    socket,
                    "POST / HTTP/1.1",
                    "Host: h",
                    "Connection: close",
                    "Expect: 100-continue",
                    "Content-Length: 3");
            assertThat(Listening.head(socket)).startsWith("HTTP/1.1 100 ");
            socket.getOutputStream().write("abc".getBytes(StandardCharsets.US_ASCII));
            assertThat(Listening.rest(socket)).startsWith("HTTP/1.1 200 ").contains("InMemory 3 3 ");
        }
    }

    @Test
    void anAnnouncedBodyOverTheLimitIsRefusedBeforeItIsSent() throws Exception {
        String answer = listening.raw(
                "POST /up HTTP/1.1", "Host: h", "Expect: 100-continue", "Content-Length: " + (Listening.MAX_BODY + 1));
        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("max_request_body = 1000000");
        assertThat(listening.log).anySatisfy(line -> assertThat(line).contains("POST /up: 413"));
    }

    @Test
    void aChunkedBodyOverTheLimitIsRefusedWhenItPassesIt() throws Exception {
        byte[] bytes = noise(1_200_000);
        try (Socket socket = listening.connect()) {
            Listening.send(socket, "POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
            socket.getOutputStream()
                    .write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(bytes, 0, 1_000_001);
            assertThat(Listening.head(socket)).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void aBodyThatEndsEarlyNeverReachesTheApplication() throws Exception {
        try (Socket socket = listening.connect()) {
            Listening.send(socket, "POST / HTTP/1.1", "Host: h", "Content-Length: 10", "", "abc");
            socket.shutdownOutput();
            assertThat(Listening.rest(socket)).doesNotContain("InMemory").doesNotContain(" 200 ");
        }
    }
}
