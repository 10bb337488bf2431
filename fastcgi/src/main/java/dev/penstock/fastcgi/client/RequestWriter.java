package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.RecordType;
import dev.penstock.fastcgi.RequestEncoder;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Sends one request, in a thread of its own: so an application may answer before it has read the body, and
/// whoever waits for the response does so within its deadlines, whatever the writing does.
///
/// What it writes at a time are whole records, so that several requests can share a connection. It stops
/// when the exchange is over.
final class RequestWriter {
    /// One system call for most requests; a body of a gigabyte takes 32,768 of them.
    private static final int CHUNK_BYTES = 32 * 1024;

    private static final int ROOM_FOR_HEADERS = 128;

    private final ClientConnection connection;
    private final Exchange exchange;
    private final ClientRequest request;
    private final boolean keepConnection;
    private final byte[] parameters;
    private final ByteBuffer out;

    RequestWriter(ClientConnection connection, Exchange exchange, ClientRequest request, boolean keepConnection) {
        this.connection = connection;
        this.exchange = exchange;
        this.request = request;
        this.keepConnection = keepConnection;
        this.parameters = request.parameters().encode();
        this.out = ByteBuffer.allocate(room());
    }

    /// Small for a small request, and no more than the largest record takes for any other.
    private int room() {
        long content =
                request.body() instanceof Content.Bytes body ? body.bytes().remaining() : CHUNK_BYTES;
        long needed = ROOM_FOR_HEADERS + parameters.length + content;
        return (int) Math.min(needed, Encoder.MAX_CONTENT + ROOM_FOR_HEADERS);
    }

    /// Sends it, all or as much as is wanted.
    void write() {
        RequestEncoder.begin(out, exchange.id(), request.role(), keepConnection);
        boolean isWritten = parameters()
                && (request.role() == Role.AUTHORIZER || stream(RecordType.STDIN, request.body()))
                && (request.role() != Role.FILTER || stream(RecordType.DATA, request.data()));
        if (!isWritten) {
            return;
        }
        if (!exchange.isOver() && connection.writeLast(exchange, out.flip())) {
            exchange.sent();
        }
    }

    /// Pairs are kept whole within records as far as that goes: php-fpm, flup and uWSGI take no others.
    private boolean parameters() {
        Parameters pairs = request.parameters();
        int start = 0;
        int at = 0;
        for (int pair = 0; pair < pairs.count(); pair++) {
            int next = at + pairBytes(pairs, pair);
            if (next - start > Encoder.MAX_CONTENT && at > start) {
                if (!put(RecordType.PARAMS, ByteBuffer.wrap(parameters, start, at - start))) {
                    return false;
                }
                start = at;
            }
            at = next;
        }
        return put(RecordType.PARAMS, ByteBuffer.wrap(parameters, start, at - start)) && endOf(RecordType.PARAMS);
    }

    private static int pairBytes(Parameters parameters, int pair) {
        int name = parameters.nameLength(pair);
        int value = parameters.valueLength(pair);
        return name + value + (name < 128 ? 1 : 4) + (value < 128 ? 1 : 4);
    }

    private boolean stream(RecordType type, Content content) {
        try {
            boolean isPut = switch (content) {
                case Content.Bytes(var bytes) -> put(type, bytes.duplicate());
                case Content.Once(var stream, long length) -> copy(type, stream, length);
            };
            return isPut && endOf(type);
        } catch (IOException e) {
            exchange.fail(new FastCgiFailure(
                    FastCgiFailure.Kind.BODY, "the request's body could not be read: " + e.getMessage(), "", e));
            return false;
        }
    }

    /// Each piece goes out at once, and what is before the first: the application may be waiting for it.
    private boolean copy(RecordType type, InputStream in, long length) throws IOException {
        if (!flush()) {
            return false;
        }
        byte[] chunk = new byte[CHUNK_BYTES];
        long total = 0;
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            total += n;
            if (length >= 0 && total > length) {
                throw new IOException("it has more than the " + length + " bytes that it was said to have");
            }
            if (!put(type, ByteBuffer.wrap(chunk, 0, n)) || !flush()) {
                return false;
            }
        }
        if (total < length) {
            throw new IOException("it ended after " + total + " of " + length + " bytes");
        }
        return true;
    }

    private boolean put(RecordType type, ByteBuffer content) {
        while (content.hasRemaining()) {
            int wanted = Encoder.HEADER_BYTES + Math.min(content.remaining(), Encoder.MAX_CONTENT);
            if (out.remaining() < wanted && out.position() > 0 && !flush()) {
                return false;
            }
            RequestEncoder.content(out, type, exchange.id(), content);
        }
        return true;
    }

    private boolean endOf(RecordType type) {
        if (out.remaining() < Encoder.HEADER_BYTES && !flush()) {
            return false;
        }
        RequestEncoder.endOf(out, type, exchange.id());
        return true;
    }

    private boolean flush() {
        boolean isWritten = !exchange.isOver() && connection.write(out.flip());
        out.clear();
        return isWritten;
    }
}
