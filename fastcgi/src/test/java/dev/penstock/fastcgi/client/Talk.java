package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.ProtocolStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The application's end of one connection, a step at a time.
final class Talk implements AutoCloseable {
    private final SocketChannel channel;
    private final Decoder decoder = new Decoder(new Limits(1 << 20, 1000, 64, 8192, 1 << 20, 1000));
    private final ByteBuffer in = ByteBuffer.allocate(50_000).flip();
    private boolean isFed;

    Talk(SocketChannel channel) {
        this.channel = channel;
    }

    /// The next event, or null at the end of the connection.
    @Nullable Event next() throws IOException, ProtocolException {
        while (true) {
            Event event = isFed ? decoder.next() : null;
            if (event != null) {
                return event;
            }
            isFed = false;
            try {
                if (channel.read(in.clear()) < 0) {
                    return null;
                }
            } catch (IOException e) {
                return null; // A reset ends it as well.
            }
            decoder.feed(in.flip());
            isFed = true;
        }
    }

    <T extends Event> T next(Class<T> type) throws IOException, ProtocolException {
        Event event = next();
        if (!type.isInstance(event)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", found " + event);
        }
        return type.cast(event);
    }

    Event.Begin begin() throws IOException, ProtocolException {
        return next(Event.Begin.class);
    }

    /// A request without a body, up to its end.
    Event.Begin request() throws IOException, ProtocolException {
        Event.Begin begin = begin();
        next(Event.StdinEnd.class);
        return begin;
    }

    /// The body that follows, up to its end.
    byte[] body() throws IOException, ProtocolException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (next() instanceof Event.Stdin stdin) {
            body.writeBytes(bytes(stdin.content()));
        }
        return body.toByteArray();
    }

    static byte[] bytes(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        return bytes;
    }

    /// The connection ends without anything more but pieces of bodies.
    void expectEnd() throws IOException, ProtocolException {
        Event event = next();
        while (event instanceof Event.Stdin) {
            event = next();
        }
        if (event != null) {
            throw new AssertionError("expected the end of the connection, found " + event);
        }
    }

    void stdout(int id, String text) throws IOException {
        stdout(id, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void stdout(int id, byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(Encoder.MAX_CONTENT + 16);
        for (int at = 0; at < bytes.length; at += Encoder.MAX_CONTENT) {
            int start = Encoder.reserve(out.clear());
            out.put(bytes, at, Math.min(Encoder.MAX_CONTENT, bytes.length - at));
            Encoder.stdout(out, start, id);
            raw(out.flip());
        }
    }

    void stderr(int id, String text) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(Encoder.MAX_CONTENT + 16);
        Encoder.stderr(out, id, text.getBytes(StandardCharsets.ISO_8859_1));
        raw(out.flip());
    }

    void end(int id) throws IOException {
        end(id, 0, ProtocolStatus.REQUEST_COMPLETE);
    }

    void end(int id, int appStatus, ProtocolStatus status) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(Encoder.END_BYTES);
        Encoder.end(out, id, appStatus, status);
        raw(out.flip());
    }

    /// A whole response.
    void answer(int id, String body) throws IOException {
        stdout(id, "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n" + body);
        end(id);
    }

    /// The answer to the question for limits, which must come now.
    void values(String... namesAndValues) throws IOException, ProtocolException {
        next(Event.GetValues.class);
        Parameters values = new Parameters();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            values.set(namesAndValues[at], namesAndValues[at + 1]);
        }
        ByteBuffer out = ByteBuffer.allocate(500);
        Encoder.values(out, values);
        raw(out.flip());
    }

    void raw(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
