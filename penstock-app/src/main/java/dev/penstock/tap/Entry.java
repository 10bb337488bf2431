package dev.penstock.tap;

import java.nio.charset.StandardCharsets;

/// One thing that happened on a connection: what the pump tells the analysis, and what a recording holds.
///
/// One object is used again and again; its bytes are a slice of an array that belongs to whoever gave it.
final class Entry {
    /// What happened. The codes are the recording's format, in order from 0: new ones go to the end.
    enum Kind {
        /// A web server has connected; the bytes say who, as far as that is known.
        OPENED(0),
        FROM_SERVER(1),
        FROM_APPLICATION(2),
        /// That side has ended its direction.
        SERVER_CLOSED(3),
        APPLICATION_CLOSED(4),
        /// That side has cut the connection.
        SERVER_RESET(5),
        APPLICATION_RESET(6),
        /// That side takes no more bytes.
        SERVER_DEAF(7),
        APPLICATION_DEAF(8),
        /// Bytes that passed without being copied; what comes next from that side begins a record.
        GAP_FROM_SERVER(9),
        GAP_FROM_APPLICATION(10),
        /// The application could not be reached; the bytes say why.
        UNREACHABLE(11),
        /// Both directions are over.
        OVER(12),
        /// The end of a recording; the bytes say why.
        END(13);

        private static final Kind[] ALL = values();

        /// What stands for it in a recording.
        final int code;

        Kind(int code) {
            this.code = code;
        }

        /// The kind that a recording names.
        ///
        /// @throws IllegalArgumentException when there is no such kind
        static Kind of(int code) {
            if (code < 0 || code >= ALL.length) {
                throw new IllegalArgumentException("there is no kind " + code);
            }
            return ALL[code];
        }

        static Kind passed(Side side) {
            return side == Side.SERVER ? FROM_SERVER : FROM_APPLICATION;
        }

        static Kind closed(Side side) {
            return side == Side.SERVER ? SERVER_CLOSED : APPLICATION_CLOSED;
        }

        static Kind reset(Side side) {
            return side == Side.SERVER ? SERVER_RESET : APPLICATION_RESET;
        }

        static Kind deaf(Side side) {
            return side == Side.SERVER ? SERVER_DEAF : APPLICATION_DEAF;
        }

        static Kind gap(Side side) {
            return side == Side.SERVER ? GAP_FROM_SERVER : GAP_FROM_APPLICATION;
        }
    }

    private static final byte[] NOTHING = {};

    Kind kind = Kind.END;
    int connection;
    /// Microseconds since the tap began to listen.
    long time;

    byte[] bytes = NOTHING;
    int from;
    int length;

    void set(Kind kind, int connection, long time) {
        set(kind, connection, time, NOTHING, 0, 0);
    }

    void set(Kind kind, int connection, long time, byte[] bytes, int from, int length) {
        this.kind = kind;
        this.connection = connection;
        this.time = time;
        this.bytes = bytes;
        this.from = from;
        this.length = length;
    }

    String text() {
        return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
}
