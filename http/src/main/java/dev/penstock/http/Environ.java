package dev.penstock.http;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.server.PathTruth;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/// The CGI variables of an HTTP request (RFC 3875, section 4.1), for an application at the root: SCRIPT_NAME is
/// empty and PATH_INFO the whole path, decoded once, a byte a character. CONTENT_LENGTH is left to the one
/// who has taken the body in.
final class Environ {
    private Environ() {}

    static Parameters of(Request request) {
        HttpURI uri = request.getHttpURI();
        Parameters environ = new Parameters();
        environ.set("GATEWAY_INTERFACE", "CGI/1.1");
        environ.set("SERVER_SOFTWARE", "Penstock");
        environ.set("REQUEST_METHOD", request.getMethod());
        environ.set("REQUEST_URI", bytes(or(uri.getPathQuery(), "/")));
        environ.set("SCRIPT_NAME", "");
        environ.set("PATH_INFO", PathTruth.decoded(bytes(or(uri.getPath(), "/"))));
        environ.set("QUERY_STRING", bytes(or(uri.getQuery(), "")));
        environ.set(
                "SERVER_PROTOCOL",
                request.getConnectionMetaData().getHttpVersion().asString());
        environ.set("SERVER_NAME", Request.getServerName(request));
        environ.set("SERVER_PORT", Integer.toString(Request.getServerPort(request)));
        environ.set("wsgi.url_scheme", "http");
        peer(environ, request.getConnectionMetaData().getRemoteSocketAddress());
        for (HttpField field : request.getHeaders()) {
            header(environ, field);
        }
        return environ;
    }

    private static String or(@Nullable String value, String otherwise) {
        return value == null ? otherwise : value;
    }

    private static void peer(Parameters environ, @Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
            String host = inet.getAddress().getHostAddress();
            int zone = host.indexOf('%');
            environ.set("REMOTE_ADDR", zone < 0 ? host : host.substring(0, zone));
            environ.set("REMOTE_PORT", Integer.toString(inet.getPort()));
        }
    }

    private static void header(Parameters environ, HttpField field) {
        String name = field.getName().toUpperCase(Locale.ROOT).replace('-', '_');
        String value = or(field.getValue(), "");
        switch (name) {
            // What the client did not say is absent, not empty (PEP 3333).
            case "CONTENT_TYPE" -> {
                if (!value.isEmpty()) {
                    environ.set("CONTENT_TYPE", value);
                }
            }
            // The body's true length is known later; its transfer coding is undone.
            case "CONTENT_LENGTH", "TRANSFER_ENCODING" -> {}
            // Would become the proxy of the application's own requests (httpoxy).
            case "PROXY" -> {}
            default -> {
                // `X_Forwarded_For` must not pass for `X-Forwarded-For`.
                if (field.getName().indexOf('_') < 0) {
                    add(environ, "HTTP_" + name, value);
                }
            }
        }
    }

    /// A header that came several times is one list (RFC 9110, 5.3), but cookies are parted by semicolons (RFC 6265,
    /// 5.4).
    private static void add(Parameters environ, String variable, String value) {
        String before = environ.get(variable);
        String separator = variable.equals("HTTP_COOKIE") ? "; " : ", ";
        environ.set(variable, before == null ? value : before + separator + value);
    }

    /// Jetty reads raw bytes above 0x7F in a URL as UTF-8; this has them as bytes again.
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
