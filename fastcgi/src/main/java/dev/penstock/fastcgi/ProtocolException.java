package dev.penstock.fastcgi;

import org.jspecify.annotations.Nullable;

/// The peer broke the protocol or went over a limit; the connection cannot go on.
///
/// The message names what was expected and what was found, and the setting where a limit was hit.
/// It has no stack trace: the fault is not in this program.
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    private final @Nullable String limit;

    public ProtocolException(String message) {
        this(message, null);
    }

    /// @param limit the name of the limit that was passed, or null when the peer broke the protocol
    public ProtocolException(String message, @Nullable String limit) {
        super(message, null, false, false);
        this.limit = limit;
    }

    /// The name of the limit that was passed, or null.
    public @Nullable String limit() {
        return limit;
    }
}
