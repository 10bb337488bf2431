package dev.penstock.server;

import java.nio.ByteBuffer;

/// Where an application's answer goes. Used by one thread at a time.
///
/// ```
/// start (write | flush)* end        in order
/// tear                              at any time instead: the answer cannot be completed
/// ```
///
/// No call waits for a slow client before the buffer bounds (`response_memory`, then
/// `response_file`) are used up. When the client has gone the calls do nothing; [#cancelled] tells.
public interface Response {
    /// The status and headers; once, first.
    void start(Head head);

    /// A piece of the body, from the buffer's position to its limit; taken or copied before this returns.
    void write(ByteBuffer piece);

    /// Sends what has been written so far; without it pieces may be held back for the next.
    void flush();

    /// The answer is complete.
    void end();

    /// The answer cannot be completed: before [#start] the client gets a 502, after it a cut connection.
    ///
    /// @param reason for the log
    void tear(String reason);

    /// Text for the web server's own error log, where the protocol has a way for it.
    default void errors(String text) {}

    /// Whether the client has gone, so that further work is for nobody.
    boolean cancelled();

    /// Has `action` run when the client goes, once, on any thread and quickly; at once if it has gone.
    /// After the end of the response it may or may not be run. The last one that was given counts.
    ///
    /// Where the front cannot tell, it never runs.
    default void whenCancelled(Runnable action) {}
}
