package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.Role;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A request to be sent, put together by its setters, each of which gives the request again. Not safe for
/// use by several threads; once it is being sent, leave it alone.
///
/// It has the variables that CGI asks for (RFC 3875, section 4.1) with modest values; set those that your
/// application looks at: SCRIPT_FILENAME for php-fpm and fcgiwrap, DOCUMENT_ROOT, REMOTE_ADDR.
public final class ClientRequest {
    /// Those that may be sent a second time when a kept connection turns out to be closed.
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private final Parameters parameters = new Parameters();
    private Role role = Role.RESPONDER;
    private Content body = Content.of(new byte[0]);
    private Content data = Content.of(new byte[0]);
    private @Nullable Deadlines deadlines;

    private ClientRequest() {}

    /// A request without any variable, for one who wants to set them all.
    public static ClientRequest empty() {
        return new ClientRequest();
    }

    /// A GET of this path, which may have a query.
    public static ClientRequest get(String uri) {
        return of("GET", uri);
    }

    /// A POST to this path, which may have a query.
    public static ClientRequest post(String uri, byte[] body) {
        return of("POST", uri).body(body);
    }

    /// A request for the path, which may have a query. SCRIPT_NAME is empty, PATH_INFO is the path without its
    /// percent escapes; what is not ASCII is sent as UTF-8.
    public static ClientRequest of(String method, String uri) {
        String raw = new String(uri.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        int mark = raw.indexOf('?');
        return new ClientRequest()
                .variable("GATEWAY_INTERFACE", "CGI/1.1")
                .variable("REQUEST_METHOD", method)
                .variable("SCRIPT_NAME", "")
                .variable("PATH_INFO", unescaped(mark < 0 ? raw : raw.substring(0, mark)))
                .variable("QUERY_STRING", mark < 0 ? "" : raw.substring(mark + 1))
                .variable("REQUEST_URI", raw)
                .variable("SERVER_PROTOCOL", "HTTP/1.1")
                .variable("SERVER_NAME", "localhost")
                .variable("SERVER_PORT", "80")
                .variable("SERVER_SOFTWARE", "penstock")
                .variable("REMOTE_ADDR", "127.0.0.1");
    }

    /// A percent sign that no two hexadecimal digits follow stands for itself.
    private static String unescaped(String path) {
        StringBuilder text = new StringBuilder(path.length());
        for (int at = 0; at < path.length(); at++) {
            boolean isEscape = path.charAt(at) == '%'
                    && at + 2 < path.length()
                    && HexFormat.isHexDigit(path.charAt(at + 1))
                    && HexFormat.isHexDigit(path.charAt(at + 2));
            text.append(isEscape ? (char) HexFormat.fromHexDigits(path, at + 1, at + 3) : path.charAt(at));
            at += isEscape ? 2 : 0;
        }
        return text.toString();
    }

    /// Sets a variable; a character is a byte (ISO 8859-1).
    public ClientRequest variable(String name, String value) {
        parameters.set(name, value);
        return this;
    }

    /// Takes a variable away.
    public ClientRequest without(String name) {
        parameters.remove(name);
        return this;
    }

    /// Sets the variable that CGI makes of an HTTP header: `HTTP_` and the name in capitals, but for
    /// Content-Type and Content-Length.
    public ClientRequest header(String name, String value) {
        String variable = name.toUpperCase(Locale.ROOT).replace('-', '_');
        boolean isPlain = variable.equals("CONTENT_TYPE") || variable.equals("CONTENT_LENGTH");
        return variable(isPlain ? variable : "HTTP_" + variable, value);
    }

    /// Asks for another role than a responder's. An authorizer gets no body (FastCGI 6.3).
    public ClientRequest role(Role other) {
        role = other;
        return this;
    }

    /// The body, whose length becomes CONTENT_LENGTH.
    public ClientRequest body(byte[] bytes) {
        body = Content.of(bytes);
        return variable("CONTENT_LENGTH", String.valueOf(bytes.length));
    }

    /// The body, read by a thread of the client's while the request is sent, and not closed by it. A stream
    /// that has more or fewer bytes than said ends the request in a failure.
    ///
    /// @param length becomes CONTENT_LENGTH; -1 when it is not known, and then there is none, which many
    ///     applications take for no body
    public ClientRequest body(InputStream stream, long length) {
        body = new Content.Once(stream, length);
        return length < 0 ? without("CONTENT_LENGTH") : variable("CONTENT_LENGTH", String.valueOf(length));
    }

    /// The body out of a blocking channel; the same rules as for [#body(InputStream, long)].
    public ClientRequest body(ReadableByteChannel channel, long length) {
        return body(Channels.newInputStream(channel), length);
    }

    /// The file that a filter is to change (FastCGI 6.4), whose length becomes FCGI_DATA_LENGTH. The same rules
    /// as for [#body(InputStream, long)].
    ///
    /// @param lastModifiedSeconds becomes FCGI_DATA_LAST_MOD, seconds since 1970
    public ClientRequest data(InputStream stream, long length, long lastModifiedSeconds) {
        data = new Content.Once(stream, length);
        return role(Role.FILTER)
                .variable("FCGI_DATA_LENGTH", String.valueOf(length))
                .variable("FCGI_DATA_LAST_MOD", String.valueOf(lastModifiedSeconds));
    }

    /// Deadlines of its own instead of the client's.
    public ClientRequest deadlines(Deadlines own) {
        deadlines = own;
        return this;
    }

    /// The variables as they are now.
    public Parameters parameters() {
        return parameters;
    }

    Role role() {
        return role;
    }

    Content body() {
        return body;
    }

    Content data() {
        return data;
    }

    Deadlines deadlinesOr(Deadlines usual) {
        return deadlines == null ? usual : deadlines;
    }

    /// Whether all that it sends can be sent again.
    boolean hasRepeatableContent() {
        return body instanceof Content.Bytes && data instanceof Content.Bytes;
    }

    /// Whether it may be sent again though nobody knows whether the application has seen it.
    boolean isRepeatable() {
        return hasRepeatableContent() && REPEATABLE.contains(parameters.get("REQUEST_METHOD", ""));
    }
}
