package dev.penstock.fastcgi;

import org.jspecify.annotations.Nullable;

/// The type of a record, the second byte of its header (FastCGI 8, "Types and Constants").
public enum RecordType {
    BEGIN_REQUEST(1),
    ABORT_REQUEST(2),
    END_REQUEST(3),
    PARAMS(4),
    STDIN(5),
    STDOUT(6),
    STDERR(7),
    DATA(8),
    GET_VALUES(9),
    GET_VALUES_RESULT(10),
    UNKNOWN_TYPE(11);

    private static final RecordType[] ALL = values();

    private final byte code;

    RecordType(int code) {
        this.code = (byte) code;
    }

    /// The byte that stands for this type on the wire.
    public byte code() {
        return code;
    }

    /// The type that a header's byte names, or null for a number that the specification does not know.
    public static @Nullable RecordType of(int code) {
        return code >= 1 && code <= ALL.length ? ALL[code - 1] : null;
    }
}
