package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;

/// One request as an application gets it: its variables, with the path already true, and its body.
///
/// @param environ CGI variables by their names in RFC 3875 (values are bytes, shown as ISO 8859-1)
/// @param body complete; closed by the application that took the request
/// @param origin whom to name in the log: the listener's address
public record Request(Parameters environ, Body body, String origin) {
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
