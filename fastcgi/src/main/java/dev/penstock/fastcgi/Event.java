package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.List;

/// What a web server said, as the [Decoder] understood it. A closed set: `switch` over it.
public sealed interface Event {
    /// A request has begun and its parameters are complete. STDIN follows (not for an authorizer).
    ///
    /// @param keepConnection whether the connection stays open after this request's END_REQUEST
    record Begin(int id, Role role, boolean keepConnection, Parameters parameters) implements Event {}

    /// A piece of the request's body, a view into the buffer that was fed: use it before the next one
    /// is asked for.
    record Stdin(int id, ByteBuffer content) implements Event {}

    /// The body is complete. Its length is what came, whatever CONTENT_LENGTH said.
    record StdinEnd(int id) implements Event {}

    /// A piece of a filter's file (FastCGI 6.4); the same rules as for [Stdin].
    record Data(int id, ByteBuffer content) implements Event {}

    /// A filter's file is complete.
    record DataEnd(int id) implements Event {}

    /// The web server has no use for the answer any more (FastCGI 5.4). The request still needs its
    /// END_REQUEST if it was begun.
    record Abort(int id) implements Event {}

    /// The same before the request's parameters were complete, so that it was never reported. It needs its
    /// END_REQUEST all the same (HAProxy may abort right after BEGIN_REQUEST).
    record AbortedEarly(int id, boolean keepConnection) implements Event {}

    /// A request that cannot be taken: answer it with this status; nothing more of it will be reported.
    record Refused(int id, boolean keepConnection, ProtocolStatus status) implements Event {}

    /// The web server asks for limits (FastCGI 4.1): answer with those of these names that are known.
    record GetValues(List<String> names) implements Event {}

    /// A management record of a type that nobody defined (FastCGI 4.2): answer with UNKNOWN_TYPE.
    record UnknownManagement(int type) implements Event {}
}
