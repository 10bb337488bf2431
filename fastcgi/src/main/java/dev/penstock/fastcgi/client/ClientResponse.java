package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Reply;
import dev.penstock.fastcgi.ResponseHead;
import dev.penstock.fastcgi.ResponseHeadParser;
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
    private static final int FIRST_READ_BYTES = 8192;

    /// Whoever has the connection.
    interface Owner {
        void giveUp(Exchange exchange);

        void abort(Exchange exchange);
    }

    private final Owner owner;
    private final Exchange exchange;
    private final ResponseHead head;
    private final Body body;

    private ClientResponse(Owner owner, Exchange exchange, ResponseHead head, ByteBuffer first) {
        this.owner = owner;
        this.exchange = exchange;
        this.head = head;
        this.body = new Body(first);
    }

    /// Waits for the head of the response.
    static ClientResponse await(Owner owner, Exchange exchange, ClientOptions options) throws FastCgiFailure {
        ResponseHeadParser parser = new ResponseHeadParser(options.maxHeadBytes(), options.maxHeaders());
        byte[] chunk = new byte[FIRST_READ_BYTES];
        while (true) {
            int length = exchange.take(chunk, 0, chunk.length);
            if (length < 0) {
                throw noHead(exchange, parser.bytes());
            }
            ByteBuffer read = ByteBuffer.wrap(chunk, 0, length);
            try {
                ResponseHead head = parser.parse(read);
                if (head != null) {
                    return new ClientResponse(owner, exchange, head, read);
                }
            } catch (ProtocolException e) {
                throw new FastCgiFailure(
                        FastCgiFailure.Kind.BAD_RESPONSE, String.valueOf(e.getMessage()), exchange.errors(), e);
            }
        }
    }

    private static FastCgiFailure noHead(Exchange exchange, int bytes) {
        Reply.End end = exchange.end();
        if (end != null && end.status() != ProtocolStatus.REQUEST_COMPLETE && bytes == 0) {
            return new FastCgiFailure(FastCgiFailure.Kind.REFUSED, "refused: " + end.status(), exchange.errors(), null);
        }
        String status = end == null || end.appStatus() == 0 ? "" : " (application status " + end.appStatus() + ")";
        String what = bytes == 0 ? "without a response" : "within the head of the response";
        return new FastCgiFailure(
                FastCgiFailure.Kind.BAD_RESPONSE, "the request ended " + what + status, exchange.errors(), null);
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
        owner.abort(exchange);
    }

    @Override
    public void close() {
        owner.giveUp(exchange);
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
                owner.giveUp(exchange);
                throw e;
            }
        }

        @Override
        public void close() {
            ClientResponse.this.close();
        }
    }
}
