package dev.penstock.fastcgi.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A request that got no response, or not all of it.
///
/// The message says what was expected and what happened; [#kind] lets a program decide, and [#errors] is what
/// the application had to say on STDERR.
public final class FastCgiFailure extends IOException {
    private static final long serialVersionUID = 1L;

    /// What went wrong.
    public enum Kind {
        /// There is no connection to be had; the cause says why.
        CONNECT,
        /// There was no connection within the deadline: the backlog is full, or the host does not answer.
        CONNECT_TIMEOUT,
        /// All connections were busy until the deadline.
        BUSY,
        /// The application accepted the request and gave no first byte within the deadline.
        NO_ANSWER,
        /// The deadline for the whole response has passed.
        TOO_SLOW,
        /// The connection ended before the request did.
        CLOSED,
        /// The peer does not speak FastCGI, or not by its rules.
        PROTOCOL,
        /// What the application wrote is no response.
        BAD_RESPONSE,
        /// The application refused the request by the protocol status of its END_REQUEST.
        REFUSED,
        /// The request's own body could not be read.
        BODY,
        /// Nobody read the response while others waited behind it on the same connection.
        SLOW_READER,
        /// The client or the response has been closed.
        ENDED_HERE
    }

    private final Kind kind;
    private final String errors;

    FastCgiFailure(Kind kind, String message, String errors, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.errors = errors;
    }

    FastCgiFailure(Kind kind, String message) {
        this(kind, message, "", null);
    }

    /// The same for one who waits, with the application's words.
    FastCgiFailure with(String words) {
        return new FastCgiFailure(kind, String.valueOf(getMessage()), words, getCause() == null ? this : getCause());
    }

    /// What went wrong.
    public Kind kind() {
        return kind;
    }

    /// What the application wrote to STDERR until then, a byte a character.
    public String errors() {
        return errors;
    }
}
