package dev.penstock.tap;

import java.nio.charset.StandardCharsets;

/// One thing that happened on a connection: what the pump tells the analysis, and what a recording holds.
///
/// One object is used again and again; its bytes are a slice of an array that belongs to whoever gave it.
final class Entry {
    /// What happened. The order is the recording's format: new ones go to the end.
    enum Kind {
        /// A web server has connected; the bytes say who, as far as that is known.
        OPENED,
        FROM_SERVER,
        FROM_APPLICATION,
        /// That side has ended its direction.
        SERVER_CLOSED,
        APPLICATION_CLOSED,
        /// That side has cut the connection.
        SERVER_RESET,
        APPLICATION_RESET,
        /// That side takes no more bytes.
        SERVER_DEAF,
        APPLICATION_DEAF,
        /// Bytes that passed without being copied; what comes next from that side begins a record.
        GAP_FROM_SERVER,
        GAP_FROM_APPLICATION,
        /// The application could not be reached; the bytes say why.
        UNREACHABLE,
        /// Both directions are over.
        OVER,
        /// The end of a recording; the bytes say why.
        END;

        private static final Kind[] ALL = values();

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
