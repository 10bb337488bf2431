package dev.penstock.fastcgi;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.List;

/// Writes a web server's records into a buffer that the caller provides: the [Encoder] of the other side.
/// Big endian, no state.
///
/// ```
/// BEGIN_REQUEST --> PARAMS ... PARAMS, empty --> STDIN ... STDIN, empty --> DATA ... DATA, empty
///                                                not for an authorizer      for a filter only
/// ```
///
/// Every method needs its room in the buffer and throws [BufferOverflowException] without it.
public final class RequestEncoder {
    /// Bytes of [#begin], the largest record here that has no stream's content.
    public static final int BEGIN_BYTES = 16;

    private RequestEncoder() {}

    /// BEGIN_REQUEST (FastCGI 5.1).
    ///
    /// @param keepConnection whether the application leaves the connection open after its END_REQUEST
    public static void begin(ByteBuffer out, int id, Role role, boolean keepConnection) {
        requireRoom(out, BEGIN_BYTES);
        Encoder.header(out, Encoder.reserve(out), RecordType.BEGIN_REQUEST, id, 8);
        out.putShort((short) role.code()).put((byte) (keepConnection ? 1 : 0)).put(new byte[5]);
    }

    /// One record of a stream (PARAMS, STDIN, DATA), with as much of the content as it takes and as there is
    /// room for. Call it until nothing remains, and [#endOf] at last. A name-value pair may be cut in two
    /// by that (FastCGI 3.4); where the peer does not bear it, keep all pairs in one record.
    public static void content(ByteBuffer out, RecordType stream, int id, ByteBuffer content) {
        int room = out.remaining() - Encoder.HEADER_BYTES;
        int take = Math.min(Math.min(content.remaining(), Encoder.MAX_CONTENT), room);
        if (take <= 0) {
            if (content.hasRemaining()) {
                throw new BufferOverflowException();
            }
            return; // A record without content would end the stream.
        }
        Encoder.header(out, Encoder.reserve(out), stream, id, take);
        out.put(out.position(), content, content.position(), take);
        content.position(content.position() + take);
        out.position(out.position() + take);
    }

    /// The empty record that ends a stream.
    public static void endOf(ByteBuffer out, RecordType stream, int id) {
        Encoder.header(out, Encoder.reserve(out), stream, id, 0);
    }

    /// ABORT_REQUEST (FastCGI 5.4). The id stays in use until the application's END_REQUEST.
    public static void abort(ByteBuffer out, int id) {
        Encoder.header(out, Encoder.reserve(out), RecordType.ABORT_REQUEST, id, 0);
    }

    /// Asks for limits (FastCGI 4.1): FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS.
    public static void getValues(ByteBuffer out, List<String> names) {
        Parameters asked = new Parameters();
        names.forEach(name -> asked.set(name, ""));
        byte[] content = asked.encode();
        requireRoom(out, Encoder.HEADER_BYTES + content.length);
        Encoder.header(out, Encoder.reserve(out), RecordType.GET_VALUES, 0, content.length);
        out.put(content);
    }

    private static void requireRoom(ByteBuffer out, int bytes) {
        if (out.remaining() < bytes) {
            throw new BufferOverflowException();
        }
    }
}
