package dev.penstock.fastcgi.responder;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One connection of a [Responder]: reads, calls the application, writes, all in one thread.
final class Conversation {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int ROOM_FOR_THE_END = Encoder.END_BYTES;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /// What is read of a body that the application has not read; beyond that the connection is closed.
    private static final int MAX_DRAINED_BYTES = 8 * 1024 * 1024;

    private final SocketChannel channel;
    private final Responder.Application application;
    private final Decoder decoder;
    private final int maxConnections;
    private final ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
    private final ByteBuffer out = ByteBuffer.allocate(BUFFER_BYTES);
    private boolean isFed;

    Conversation(SocketChannel channel, Responder.Application application, Limits limits, int maxConnections) {
        this.channel = channel;
        this.application = application;
        this.decoder = new Decoder(limits);
        this.maxConnections = maxConnections;
    }

    /// Until the peer goes, breaks the protocol, or wanted one request only.
    void hold() throws IOException {
        boolean isKept = true;
        for (Event event = next(); event != null && isKept; event = isKept ? next() : null) {
            isKept = event instanceof Event.Begin begin ? answer(begin) : aside(event);
        }
        channel.shutdownOutput();
        while (channel.read(in.clear()) >= 0) {
            // Closing with unread input would take the answer from the peer.
        }
    }

    private @Nullable Event next() throws IOException {
        try {
            while (true) {
                Event event = isFed ? decoder.next() : null;
                if (event != null) {
                    return event;
                }
                if (channel.read(in.clear()) < 0) {
                    return null;
                }
                decoder.feed(in.flip());
                isFed = true;
            }
        } catch (ProtocolException e) {
            throw new IOException(e);
        }
    }

    /// What comes outside of the request that is being answered. Gives whether the connection stays.
    private boolean aside(Event event) throws IOException {
        return switch (event) {
            case Event.GetValues(List<String> names) -> {
                Encoder.values(out, values(names));
                send();
                yield true;
            }
            case Event.UnknownManagement(int type) -> {
                Encoder.unknownType(out, type);
                send();
                yield true;
            }
            case Event.Refused(int id, boolean keep, ProtocolStatus status) -> {
                end(id, status);
                yield keep;
            }
            case Event.AbortedEarly(int id, boolean keep) -> {
                end(id, ProtocolStatus.REQUEST_COMPLETE);
                yield keep;
            }
            case Event.Begin begin -> {
                end(begin.id(), ProtocolStatus.CANT_MPX_CONN);
                yield true;
            }
            default -> true;
        };
    }

    private Parameters values(List<String> names) {
        Parameters values = new Parameters();
        for (String name : names) {
            switch (name) {
                case "FCGI_MAX_CONNS", "FCGI_MAX_REQS" -> values.set(name, String.valueOf(maxConnections));
                case "FCGI_MPXS_CONNS" -> values.set(name, "0");
                default -> {} // Unknown names are left out (FastCGI 4.1).
            }
        }
        return values;
    }

    private void end(int id, ProtocolStatus status) throws IOException {
        Encoder.end(out, id, 0, status);
        send();
    }

    private void send() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }

    private boolean answer(Event.Begin begin) throws IOException {
        Body body = new Body(begin);
        Output output = new Output(begin.id());
        try {
            application.answer(begin.parameters(), body, output);
        } catch (IOException | RuntimeException e) {
            if (output.isSent) {
                throw new IOException(e);
            }
            output.replace("Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n500\n");
        }
        boolean isDrained = body.drain();
        output.end();
        return begin.keepConnection() && isDrained;
    }

    /// The request's STDIN. Its pieces are views into [#in], each read before the next event is asked for.
    private final class Body extends InputStream {
        private final int id;
        private ByteBuffer piece = NOTHING;
        private boolean isComplete;
        private boolean isAborted;

        Body(Event.Begin begin) {
            id = begin.id();
            isComplete = begin.role() == Role.AUTHORIZER; // gets none
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            while (length > 0 && !piece.hasRemaining() && !isComplete) {
                advance();
            }
            if (isAborted) {
                throw new IOException("the web server has aborted the request");
            }
            int part = Math.min(length, piece.remaining());
            piece.get(to, offset, part);
            return part == 0 && length > 0 ? -1 : part;
        }

        private void advance() throws IOException {
            switch (next()) {
                case Event.Stdin(int of, ByteBuffer content) when of == id -> piece = content;
                case Event.StdinEnd(int of) when of == id -> isComplete = true;
                case Event.Abort(int of)
                when of == id -> {
                    isComplete = true;
                    isAborted = true;
                }
                case null -> throw new IOException("the web server has gone");
                case Event other -> aside(other);
            }
        }

        boolean drain() throws IOException {
            int drained = 0;
            while (!isComplete && drained <= MAX_DRAINED_BYTES) {
                advance();
                drained += piece.remaining();
                piece = NOTHING;
            }
            return isComplete;
        }
    }

    /// The response's STDOUT, a record for each buffer that is full or flushed. Others must not write to [#out]
    /// while a record is begun there, so one is begun only when there is something to be put into it.
    private final class Output extends OutputStream {
        private final int id;
        private final ByteBuffer content = ByteBuffer.allocate(BUFFER_BYTES - Encoder.HEADER_BYTES - ROOM_FOR_THE_END);
        boolean isSent;

        Output(int id) {
            this.id = id;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            for (int at = 0; at < length; ) {
                if (!content.hasRemaining()) {
                    flush();
                }
                int part = Math.min(length - at, content.remaining());
                content.put(from, offset + at, part);
                at += part;
            }
        }

        @Override
        public void flush() throws IOException {
            encode();
            send();
            isSent = true;
        }

        private void encode() {
            if (content.position() > 0) {
                int start = Encoder.reserve(out);
                out.put(content.flip());
                Encoder.stdout(out, start, id);
                content.clear();
            }
        }

        void replace(String response) {
            content.clear().put(response.getBytes(StandardCharsets.US_ASCII));
        }

        void end() throws IOException {
            encode();
            Encoder.end(out, id, 0, ProtocolStatus.REQUEST_COMPLETE);
            send();
        }
    }
}
