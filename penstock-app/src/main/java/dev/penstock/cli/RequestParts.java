package dev.penstock.cli;

import dev.penstock.fastcgi.Role;
import dev.penstock.fastcgi.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What was said about a request on the command line, made into one.
record RequestParts(
        String url,
        @Nullable String method,
        List<String> headers,
        @Nullable String data,
        List<String> variables,
        @Nullable Path script,
        Role role,
        @Nullable Path filtered) {

    private static final String FORM = "application/x-www-form-urlencoded";

    /// The request. What is named by `--var` stands above everything else.
    ///
    /// @throws CommandFailure when something cannot be taken
    ClientRequest request(RequestBody body) throws IOException {
        String usual = data == null ? "GET" : "POST";
        URI whole = wholeUrl();
        String path = whole == null ? url : pathAndQuery(whole);
        ClientRequest request = ClientRequest.of(method == null ? usual : method, path.isEmpty() ? "/" : path)
                .variable("HTTP_HOST", "localhost")
                .role(role);
        if (whole != null) {
            server(request, whole);
        }
        if (data != null) {
            request.body(body.stream(), body.length()).variable("CONTENT_TYPE", FORM);
        }
        if (script != null) {
            script(request, script);
        }
        headers.forEach(header -> header(request, header));
        filter(request);
        variables.forEach(variable -> variable(request, variable));
        return request;
    }

    private @Nullable URI wholeUrl() {
        if (!url.startsWith("http://") && !url.startsWith("https://")) {
            if (!url.isEmpty() && !url.startsWith("/") && !url.startsWith("?") && !url.equals("*")) {
                throw CommandFailure.usage(url + ": expected a path that begins with / or a URL with http://");
            }
            return null;
        }
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw CommandFailure.usage(url + ": no URL: " + e.getReason());
        }
    }

    private static String pathAndQuery(URI whole) {
        return whole.getRawPath() + (whole.getRawQuery() == null ? "" : "?" + whole.getRawQuery());
    }

    private static void server(ClientRequest request, URI whole) {
        boolean isHttps = "https".equals(whole.getScheme());
        int port = whole.getPort() >= 0 ? whole.getPort() : isHttps ? 443 : 80;
        request.variable("HTTP_HOST", String.valueOf(whole.getRawAuthority()))
                .variable("SERVER_NAME", String.valueOf(whole.getHost()))
                .variable("SERVER_PORT", String.valueOf(port))
                .variable("REQUEST_SCHEME", whole.getScheme());
        if (isHttps) {
            request.variable("HTTPS", "on");
        }
    }

    /// The URL's path becomes the script's, as with a web server that maps it to that file.
    private static void script(ClientRequest request, Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        request.variable("SCRIPT_FILENAME", bytes(absolute.toString()))
                .variable("DOCUMENT_ROOT", folder == null ? "/" : bytes(folder.toString()))
                .variable("SCRIPT_NAME", request.parameters().get("PATH_INFO", "/"))
                .without("PATH_INFO");
    }

    private void filter(ClientRequest request) throws IOException {
        if (filtered != null) {
            RequestBody file = RequestBody.ofFile(filtered);
            long modified = Files.getLastModifiedTime(filtered).toMillis() / 1000;
            request.data(file.stream(), file.length(), modified);
        } else if (role == Role.FILTER) {
            throw CommandFailure.usage("a filter needs the file that it is to change: --filter-file");
        }
    }

    private static void header(ClientRequest request, String header) {
        int colon = header.indexOf(':');
        if (colon < 1) {
            throw CommandFailure.usage("--header: expected 'Name: value', found: " + header);
        }
        request.header(
                bytes(header.substring(0, colon).strip()),
                bytes(header.substring(colon + 1).strip()));
    }

    private static void variable(ClientRequest request, String variable) {
        int equals = variable.indexOf('=');
        if (equals == 0 || variable.isEmpty()) {
            throw CommandFailure.usage("--var: expected NAME=VALUE or NAME, found: " + variable);
        }
        if (equals < 0) {
            request.without(bytes(variable));
        } else {
            request.variable(bytes(variable.substring(0, equals)), bytes(variable.substring(equals + 1)));
        }
    }

    /// A character for each byte of the text in UTF-8, which is how variables are sent.
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
