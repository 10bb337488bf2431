package dev.penstock.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Limits;
import dev.penstock.server.Bounds;
import dev.penstock.server.Budget;
import dev.penstock.server.Times;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// HTTP has the bounds of FastCGI where they mean the same.
@Timeout(20)
class HttpBoundsTest {
    private static final int MOST = 2000;

    @TempDir
    Path directory;

    private HttpListener listener;

    @BeforeEach
    void listen() throws IOException {
        Times times = new Times(Duration.ofMillis(300), Duration.ZERO, Duration.ZERO, 1, Duration.ZERO, Duration.ZERO);
        Bounds bounds = new Bounds(
                10,
                1000,
                1000,
                1000,
                1000,
                1000,
                directory,
                new Limits(MOST, 100, 1),
                1 << 20,
                new Budget(1 << 30),
                MOST,
                times);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        listener = new HttpListener(
                address, (request, response) -> Listening.answer(response, "ok"), bounds, (l, s, t) -> {}, 4);
        listener.start();
    }

    @AfterEach
    void stop() {
        listener.stop(Duration.ofMillis(100));
    }

    private String answer(String request) throws IOException {
        try (Socket socket =
                new Socket(listener.address().getAddress(), listener.address().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return Listening.rest(socket);
        }
    }

    private static String ofBytes(int bytes) {
        String start = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ";
        return start + "v".repeat(bytes - start.length() - 4) + "\r\n\r\n";
    }

    @ParameterizedTest
    @ValueSource(ints = {MOST - 1, MOST})
    void headUpToMaxParameterBytesIsTaken(int bytes) throws IOException {
        assertThat(answer(ofBytes(bytes))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void headOverMaxParameterBytesIsRefused() throws IOException {
        assertThat(answer(ofBytes(MOST + 1))).startsWith("HTTP/1.1 431 ");
    }

    @Test
    void silentConnectionIsClosedAfterHeadTimeout() throws IOException {
        assertThat(answer("GET / HTTP/1.1\r\nHost:")).doesNotContain(" 200 ");
    }
}
