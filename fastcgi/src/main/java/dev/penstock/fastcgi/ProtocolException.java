package dev.penstock.fastcgi;

/// The peer broke the protocol or went over a limit; the connection cannot go on.
///
/// The message names what was expected and what was found, and the setting where a limit was hit.
/// It has no stack trace: the fault is not in this program.
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message, null, false, false);
    }
}
