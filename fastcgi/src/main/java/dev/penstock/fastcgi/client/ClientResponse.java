package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Reply;
import dev.penstock.fastcgi.ResponseHead;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The response to one request: its head is here, its body comes while it is read.
///
/// Read it to its end to leave the connection fit for the next request; or close it, and what is missing
/// is not waited for. One thread at a time.
public final class ClientResponse implements AutoCloseable {
    private final ClientConnection connection;
    private final Exchange exchange;
    private final ResponseHead head;
    private final Body body;

    ClientResponse(ClientConnection connection, Exchange exchange, ResponseHead head, ByteBuffer first) {
        this.connection = connection;
        this.exchange = exchange;
        this.head = head;
        this.body = new Body(first);
    }

    /// Status and headers.
    public ResponseHead head() {
        return head;
    }

    /// The HTTP status.
    public int status() {
        return head.status();
    }

    /// The first value of a header, or null.
    public @Nullable String header(String name) {
        return head.first(name);
    }

    /// The body, as it comes; always the same stream. It ends with the application's END_REQUEST, and throws a
    /// [FastCgiFailure] when the response is cut or passes its deadline. Closing it closes the response.
    public InputStream body() {
        return body;
    }

    /// What the application has written to STDERR so far, a byte a character, up to
    /// [ClientOptions#errorBytes].
    public String errors() {
        return exchange.errors();
    }

    /// How the request ended, or null before the end of the body.
    public Reply.@Nullable End end() {
        return exchange.end();
    }

    /// When what was done.
    public Timing timing() {
        return exchange.timing();
    }

    /// Asks the application to end the request (ABORT_REQUEST). The rest of the response may still be read;
    /// many applications do not know of it.
    public void abort() {
        connection.abort(exchange);
    }

    @Override
    public void close() {
        connection.giveUp(exchange);
    }

    private final class Body extends InputStream {
        private final ByteBuffer first;

        Body(ByteBuffer first) {
            this.first = first;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, to.length);
            if (length == 0) {
                return 0;
            }
            if (first.hasRemaining()) {
                int part = Math.min(length, first.remaining());
                first.get(to, offset, part);
                return part;
            }
            try {
                return exchange.take(to, offset, length);
            } catch (FastCgiFailure e) {
                connection.giveUp(exchange);
                throw e;
            }
        }

        @Override
        public void close() {
            ClientResponse.this.close();
        }
    }
}
