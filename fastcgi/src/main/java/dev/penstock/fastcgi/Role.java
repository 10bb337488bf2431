package dev.penstock.fastcgi;

import org.jspecify.annotations.Nullable;

/// What the web server asks the application to be for one request (FastCGI 6).
public enum Role {
    /// Answers the request, like a CGI program. Gets PARAMS and STDIN.
    RESPONDER(1),
    /// Decides whether the request may go on. Gets PARAMS; real servers send no STDIN record at all.
    AUTHORIZER(2),
    /// Answers with a changed version of a file. Gets PARAMS, STDIN and then DATA.
    FILTER(3);

    private final int code;

    Role(int code) {
        this.code = code;
    }

    /// The number that stands for this role in a BEGIN_REQUEST body.
    public int code() {
        return code;
    }

    /// The role that BEGIN_REQUEST names, or null for a number that the specification does not know.
    public static @Nullable Role of(int code) {
        return switch (code) {
            case 1 -> RESPONDER;
            case 2 -> AUTHORIZER;
            case 3 -> FILTER;
            default -> null;
        };
    }
}
