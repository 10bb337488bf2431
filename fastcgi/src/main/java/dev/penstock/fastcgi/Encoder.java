package dev.penstock.fastcgi;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;

/// Writes an application's records into a buffer that the caller provides, big endian, no state.
///
/// STDOUT is written in two steps so that a body need not be copied to learn its length: reserve a
/// header with [#reserve], put the content behind it, then [#stdout] fills the header in.
/// Every method needs its room in the buffer and throws [java.nio.BufferOverflowException] without it.
///
/// No record is padded. FastCGI 3.3 recommends padding but does not ask for it, and mod_proxy_fcgi reads
/// it with a system call of its own for each record.
public final class Encoder {
    /// Bytes of a record's header (FastCGI 3.3).
    public static final int HEADER_BYTES = 8;

    /// Bytes of content in the largest record that is written: a multiple of eight, as FastCGI 3.3 recommends,
    /// and with its header within 64 KiB.
    public static final int MAX_CONTENT = 65_528;

    /// Bytes that [#end] may take: the empty STDOUT record and END_REQUEST.
    public static final int END_BYTES = 24;

    private static final byte VERSION = 1;

    private Encoder() {}

    /// Leaves room for a record's header at the buffer's position.
    ///
    /// @return where that record begins, for [#stdout]
    public static int reserve(ByteBuffer out) {
        if (out.remaining() < HEADER_BYTES) {
            throw new BufferOverflowException();
        }
        int start = out.position();
        out.position(start + HEADER_BYTES);
        return start;
    }

    /// Completes the STDOUT record that begins at `start` and whose content ends at the position.
    public static void stdout(ByteBuffer out, int start, int id) {
        int length = out.position() - start - HEADER_BYTES;
        if (length > MAX_CONTENT) {
            throw new IllegalArgumentException("a record takes " + MAX_CONTENT + " bytes at the most, not " + length);
        }
        header(out, start, RecordType.STDOUT, id, length);
    }

    /// A whole STDERR record with as much of the text as one record takes.
    public static void stderr(ByteBuffer out, int id, byte[] text) {
        int length = Math.min(text.length, MAX_CONTENT);
        int start = reserve(out);
        out.put(text, 0, length);
        header(out, start, RecordType.STDERR, id, length);
    }

    /// The end of STDOUT and the END_REQUEST record (FastCGI 5.5), [#END_BYTES] in all.
    ///
    /// @param appStatus the exit status of the application, as CGI programs have one
    public static void end(ByteBuffer out, int id, int appStatus, ProtocolStatus status) {
        header(out, reserve(out), RecordType.STDOUT, id, 0);
        header(out, reserve(out), RecordType.END_REQUEST, id, 8);
        out.putInt(appStatus).put(status.code()).put((byte) 0).putShort((short) 0);
    }

    /// The answer to GET_VALUES (FastCGI 4.1).
    public static void values(ByteBuffer out, Parameters values) {
        byte[] content = values.encode();
        header(out, reserve(out), RecordType.GET_VALUES_RESULT, 0, content.length);
        out.put(content);
    }

    /// The answer to a management record of a type that is not known (FastCGI 4.2).
    public static void unknownType(ByteBuffer out, int type) {
        header(out, reserve(out), RecordType.UNKNOWN_TYPE, 0, 8);
        out.put((byte) type).put(new byte[7]);
    }

    static void header(ByteBuffer out, int at, RecordType type, int id, int length) {
        out.put(at, VERSION);
        out.put(at + 1, type.code());
        out.putShort(at + 2, (short) id);
        out.putShort(at + 4, (short) length);
        out.putShort(at + 6, (short) 0); // no padding; reserved
    }
}
