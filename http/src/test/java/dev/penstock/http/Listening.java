package dev.penstock.http;

import dev.penstock.fastcgi.Limits;
import dev.penstock.server.Application;
import dev.penstock.server.Bounds;
import dev.penstock.server.EventLog;
import dev.penstock.server.Head;
import dev.penstock.server.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A listener on a free loopback port with an application of the test's own.
final class Listening implements AutoCloseable {
    static final long MAX_BODY = 1_000_000;
    private static final Duration LONG = Duration.ofSeconds(20);

    final List<String> log = new CopyOnWriteArrayList<>();
    final HttpListener listener;

    Listening(Application application) throws IOException {
        this(application, LONG, 1 << 20, 1 << 30);
    }

    Listening(Application application, Duration idle, int responseMemory, long responseFile) throws IOException {
        Bounds bounds = new Bounds(
                100,
                MAX_BODY,
                responseMemory,
                responseFile,
                1,
                1,
                Path.of(System.getProperty("java.io.tmpdir")),
                Limits.DEFAULT);
        EventLog events = (level, source, text) -> log.add(text);
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 0);
        listener = new HttpListener(address, application, bounds, events, 8, idle);
        listener.start();
    }

    URI uri(String path) {
        return URI.create(listener.url()).resolve(path);
    }

    Socket connect() throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), listener.address().getPort());
        socket.setSoTimeout((int) LONG.toMillis());
        return socket;
    }

    /// Sends bytes as they are and gives everything that comes back until the server closes.
    String raw(String... lines) throws IOException {
        try (Socket socket = connect()) {
            send(socket, lines);
            return rest(socket);
        }
    }

    /// Sends lines, each ended by CR LF, and an empty one.
    static void send(Socket socket, String... lines) throws IOException {
        String text = String.join("\r\n", lines) + "\r\n\r\n";
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /// Reads up to and with the empty line after a head.
    static String head(Socket socket) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /// Answers 200 with a text and no Content-Length of its own.
    static void answer(Response response, String text) {
        response.start(Head.of(200, "OK", "Content-Type", "text/plain"));
        response.write(StandardCharsets.ISO_8859_1.encode(text));
        response.end();
    }

    @Override
    public void close() {
        listener.stop(Duration.ofMillis(100));
    }
}
