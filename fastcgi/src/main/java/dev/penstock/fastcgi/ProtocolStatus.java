package dev.penstock.fastcgi;

import org.jspecify.annotations.Nullable;

/// How a request ended as far as the protocol is concerned (FastCGI 5.5).
///
/// Web servers take anything but [#REQUEST_COMPLETE] without an answer on STDOUT for an empty 200 or
/// wait for ever, so a refusal always carries a real response as well.
public enum ProtocolStatus {
    REQUEST_COMPLETE(0),
    CANT_MPX_CONN(1),
    OVERLOADED(2),
    UNKNOWN_ROLE(3);

    private static final ProtocolStatus[] ALL = values();

    private final byte code;

    ProtocolStatus(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    /// The status that an END_REQUEST names, or null for a number that the specification does not know.
    static @Nullable ProtocolStatus of(int code) {
        return code >= 0 && code < ALL.length ? ALL[code] : null;
    }
}
