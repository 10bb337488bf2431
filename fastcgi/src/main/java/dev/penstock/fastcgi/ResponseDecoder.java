package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Turns what an application sends into [Reply] events: the [Decoder] of the web server's side. One decoder
/// a connection, used by one thread.
///
/// Feed it what was read, then ask [#next] until it returns null, which means "read more". Records may be
/// cut anywhere; a response's bytes are passed on as they come. It holds nothing but one small management
/// record, so the bounds that matter are those of whoever takes the pieces.
///
/// ```
/// STDOUT --any number, STDERR between them--> STDOUT, empty --> END_REQUEST     for each request
/// GET_VALUES_RESULT, UNKNOWN_TYPE                                               at any time, with id 0
/// ```
///
/// Tolerated: END_REQUEST without the empty STDOUT, STDERR after it, types that nobody defined. A fault:
/// anything for a request that is not open (with several requests on a connection, it would be somebody
/// else's answer), STDOUT after its end, types that only a web server sends.
public final class ResponseDecoder {
    private static final int END_BYTES = 8;
    private static final int UNKNOWN_TYPE_BYTES = 8;
    private static final int MAX_VALUES = 16;
    private static final int MAX_VALUES_BYTES = 4096;

    private final RecordReader records = new RecordReader();
    private final IntPredicate isOpen;
    private final BitSet stdoutEnded = new BitSet();

    /// A decoder for one connection.
    ///
    /// @param isOpen whether a request of this id was begun and its [Reply.End] has not been given; asked by
    ///     the thread that calls [#next]
    public ResponseDecoder(IntPredicate isOpen) {
        this.isOpen = isOpen;
    }

    /// Gives the decoder what was read. It is used until [#next] returns null, which must have happened
    /// since the last call.
    ///
    /// @throws IllegalStateException when it was not
    public void feed(ByteBuffer received) {
        records.feed(received);
    }

    /// The next event, or null when more has to be read for it.
    ///
    /// @throws ProtocolException when the application broke the protocol; the decoder is of no use afterwards
    public @Nullable Reply next() throws ProtocolException {
        while (records.advance()) {
            Reply reply = records.id() == 0 ? management() : ofRequest(records.id());
            if (reply != null) {
                return reply;
            }
        }
        return null;
    }

    /// Whether the application stopped between two records, the only place where an end of input is in order.
    public boolean atRecordBoundary() {
        return records.atBoundary();
    }

    private @Nullable Reply ofRequest(int id) throws ProtocolException {
        RecordType type = RecordType.of(records.type());
        if (type == null) {
            records.piece();
            return null;
        }
        if (!isOpen.test(id)) {
            throw new ProtocolException(type + " for request " + id + ", which is not open");
        }
        return switch (type) {
            case STDOUT -> stdout(id);
            case STDERR -> {
                ByteBuffer piece = records.piece();
                yield piece.hasRemaining() ? new Reply.Stderr(id, piece) : null;
            }
            case END_REQUEST -> end(id);
            default ->
                throw new ProtocolException(
                        "expected a record that an application sends, found " + type + " for request " + id);
        };
    }

    private Reply stdout(int id) throws ProtocolException {
        ByteBuffer piece = records.piece();
        if (stdoutEnded.get(id)) {
            throw new ProtocolException("STDOUT after the end of the response to request " + id);
        }
        if (piece.hasRemaining()) {
            return new Reply.Stdout(id, piece);
        }
        stdoutEnded.set(id);
        return new Reply.StdoutEnd(id);
    }

    private @Nullable Reply end(int id) throws ProtocolException {
        expectBytes("END_REQUEST", END_BYTES);
        if (!records.whole()) {
            return null;
        }
        ByteBuffer content = ByteBuffer.wrap(records.content());
        int appStatus = content.getInt();
        int code = content.get() & 0xff;
        ProtocolStatus status = ProtocolStatus.of(code);
        if (status == null) {
            throw new ProtocolException("expected a protocol status of 0 to 3, found " + code);
        }
        stdoutEnded.clear(id);
        return new Reply.End(id, appStatus, status);
    }

    private @Nullable Reply management() throws ProtocolException {
        RecordType type = RecordType.of(records.type());
        if (type == RecordType.GET_VALUES_RESULT) {
            return values();
        }
        if (type == RecordType.UNKNOWN_TYPE) {
            expectBytes("UNKNOWN_TYPE", UNKNOWN_TYPE_BYTES);
            return records.whole() ? new Reply.UnknownType(records.content()[0] & 0xff) : null;
        }
        if (type != null) {
            throw new ProtocolException(
                    "expected a management record of an application, found " + type + " with request id 0");
        }
        records.piece();
        return null;
    }

    private @Nullable Reply values() throws ProtocolException {
        int length = records.contentLength();
        if (length > MAX_VALUES_BYTES) {
            throw new ProtocolException(
                    "expected a GET_VALUES_RESULT of at most " + MAX_VALUES_BYTES + " bytes, found " + length);
        }
        if (!records.whole()) {
            return null;
        }
        return new Reply.Values(Parameters.parse(Arrays.copyOf(records.content(), length), length, MAX_VALUES));
    }

    private void expectBytes(String type, int bytes) throws ProtocolException {
        if (records.contentLength() != bytes) {
            throw new ProtocolException(
                    "expected " + type + " with " + bytes + " bytes, found " + records.contentLength());
        }
    }
}
