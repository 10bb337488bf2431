package dev.penstock.fastcgi;

import java.nio.ByteBuffer;

/// What an application said, as the [ResponseDecoder] understood it. A closed set: `switch` over it.
public sealed interface Reply {
    /// A piece of the response, a view into the buffer that was fed: use it before the next one is asked
    /// for. The response begins with a head, see [ResponseHeadParser].
    record Stdout(int id, ByteBuffer content) implements Reply {}

    /// The response is complete; the request is not over before [End]. Some applications leave it out.
    record StdoutEnd(int id) implements Reply {}

    /// A piece of what the application has to say about errors; the same rules as for [Stdout].
    record Stderr(int id, ByteBuffer content) implements Reply {}

    /// The request is over and its id may be used again (FastCGI 5.5).
    ///
    /// @param appStatus the exit status of the application, as CGI programs have one
    record End(int id, int appStatus, ProtocolStatus status) implements Reply {}

    /// The answer to GET_VALUES (FastCGI 4.1), with those variables that the application knows.
    record Values(Parameters values) implements Reply {}

    /// The application does not know a management record of this type (FastCGI 4.2).
    record UnknownType(int type) implements Reply {}
}
