package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.io.InputStream;

/// One request as an application gets it: its variables, with the path already true, and its body.
///
/// @param environ CGI variables by their names in RFC 3875 (values are bytes, shown as ISO 8859-1)
/// @param body complete; closed by the application that took the request. A filter's has the content of
///     STDIN and behind it the file: [#input] and [#data] read one each
/// @param origin whom to name in the log: the listener's address
/// @param role what the application is asked to be (FastCGI 6)
/// @param inputLength bytes of STDIN at the body's start; the rest is a filter's file
public record Request(Parameters environ, Body body, String origin, Role role, long inputLength) {
    /// A responder's request.
    public Request(Parameters environ, Body body, String origin) {
        this(environ, body, origin, Role.RESPONDER, body.length());
    }

    /// What came on STDIN. A stream of its own; ends with [Body#close].
    public InputStream input() throws IOException {
        return body.stream(0, inputLength);
    }

    /// What came on DATA (FastCGI 6.4): for a filter the file that it is to change, else nothing.
    public InputStream data() throws IOException {
        return body.stream(inputLength, body.length() - inputLength);
    }

    public String method() {
        return environ.get("REQUEST_METHOD", "GET");
    }

    /// Whether the request may be given to another worker after one died with it (RFC 9110, 9.2.1).
    public boolean isSafe() {
        String method = method();
        return method.equals("GET") || method.equals("HEAD");
    }

    /// The request in a line of the log, control bytes escaped.
    public String summary() {
        return Printable.of(method() + " " + environ.get("REQUEST_URI", environ.get("PATH_INFO", "?")));
    }
}
