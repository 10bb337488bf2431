package dev.penstock.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Parameters;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The variables of real requests, written to a real socket.
class EnvironTest {
    private final AtomicReference<Map<String, String>> seen = new AtomicReference<>(Map.of());
    private Listening listening;

    @BeforeEach
    void listen() throws IOException {
        listening = new Listening((request, response) -> {
            seen.set(map(request.environ()));
            request.body().close();
            Listening.answer(response, "seen");
        });
    }

    @AfterEach
    void close() {
        listening.close();
    }

    private static Map<String, String> map(Parameters environ) {
        Map<String, String> map = new TreeMap<>();
        for (int pair = 0; pair < environ.count(); pair++) {
            map.put(environ.name(pair), environ.value(pair));
        }
        return map;
    }

    private Map<String, String> environ(String requestLine, String... headers) throws IOException {
        String[] lines = new String[headers.length + 2];
        lines[0] = requestLine;
        System.arraycopy(headers, 0, lines, 1, headers.length);
        lines[headers.length + 1] = "Connection: close";
        assertThat(listening.raw(lines)).contains(" 200 ").endsWith("seen");
        return seen.get();
    }

    @Test
    void aPlainRequestHasTheVariablesOfRfc3875() throws IOException {
        assertThat(environ("GET /a/b?x=1&y=%20 HTTP/1.1", "Host: example.org:8443"))
                .containsEntry("GATEWAY_INTERFACE", "CGI/1.1")
                .containsEntry("REQUEST_METHOD", "GET")
                .containsEntry("SCRIPT_NAME", "")
                .containsEntry("PATH_INFO", "/a/b")
                .containsEntry("QUERY_STRING", "x=1&y=%20")
                .containsEntry("REQUEST_URI", "/a/b?x=1&y=%20")
                .containsEntry("SERVER_NAME", "example.org")
                .containsEntry("SERVER_PORT", "8443")
                .containsEntry("SERVER_PROTOCOL", "HTTP/1.1")
                .containsEntry("HTTP_HOST", "example.org:8443")
                .containsEntry("REMOTE_ADDR", "127.0.0.1")
                .containsEntry("wsgi.url_scheme", "http")
                .containsKey("REMOTE_PORT")
                .doesNotContainKeys("CONTENT_LENGTH", "CONTENT_TYPE");
    }

    @Test
    void thePathIsDecodedOnceAndKeepsItsBytes() throws IOException {
        assertThat(environ("GET /caf%C3%A9/a%2Fb/%2541//c;v=1 HTTP/1.1", "Host: h"))
                .containsEntry("PATH_INFO", "/caf\u00c3\u00a9/a/b/%41//c;v=1")
                .containsEntry("REQUEST_URI", "/caf%C3%A9/a%2Fb/%2541//c;v=1");
    }

    @Test
    void anEmptyContentTypeIsAbsent() throws IOException {
        assertThat(environ("GET / HTTP/1.1", "Host: h", "Content-Type:")).doesNotContainKey("CONTENT_TYPE");
    }

    @Test
    void aByteThatIsNotUtf8StaysThatByte() throws IOException {
        assertThat(environ("GET /caf%E9?%E9 HTTP/1.1", "Host: h"))
                .containsEntry("PATH_INFO", "/caf\u00e9")
                .containsEntry("QUERY_STRING", "%E9");
    }

    @Test
    void rawUtf8InThePathArrivesAsItsBytes() throws IOException {
        assertThat(environ("GET /caf\u00c3\u00a9 HTTP/1.1", "Host: h")).containsEntry("PATH_INFO", "/caf\u00c3\u00a9");
    }

    @Test
    void dotsAndEmptySegmentsAreLeftToTheApplication() throws IOException {
        assertThat(environ("GET //a/./b/../c HTTP/1.1", "Host: h"))
                .containsEntry("PATH_INFO", "//a/./b/../c")
                .containsEntry("REQUEST_URI", "//a/./b/../c");
    }

    @Test
    void anAbsoluteUrlIsTakenApart() throws IOException {
        assertThat(environ("GET http://example.org/x?y HTTP/1.1", "Host: example.org"))
                .containsEntry("PATH_INFO", "/x")
                .containsEntry("QUERY_STRING", "y")
                .containsEntry("SERVER_NAME", "example.org")
                .containsEntry("SERVER_PORT", "80");
    }

    @Test
    void withoutAHostTheServersOwnAddressStands() throws IOException {
        assertThat(environ("GET / HTTP/1.0"))
                .containsEntry("SERVER_PROTOCOL", "HTTP/1.0")
                .containsEntry("SERVER_NAME", "127.0.0.1")
                .containsEntry(
                        "SERVER_PORT",
                        Integer.toString(listening.listener.address().getPort()));
    }

    @Test
    void repeatedHeadersBecomeOneListAndCookiesOneCookieHeader() throws IOException {
        assertThat(environ("GET / HTTP/1.1", "Host: h", "X-A: 1", "x-a: 2", "Cookie: a=1", "Cookie: b=2"))
                .containsEntry("HTTP_X_A", "1, 2")
                .containsEntry("HTTP_COOKIE", "a=1; b=2");
    }

    @Test
    void headersThatCouldBeTakenForOthersDoNotArrive() throws IOException {
        assertThat(environ("GET / HTTP/1.1", "Host: h", "X_Forwarded_For: 1.2.3.4", "Proxy: http://evil"))
                .doesNotContainKeys("HTTP_X_FORWARDED_FOR", "HTTP_PROXY");
    }

    @Test
    void headerValuesKeepTheirBytes() throws IOException {
        assertThat(environ("GET / HTTP/1.1", "Host: h", "X-Name: Ren\u00e9")).containsEntry("HTTP_X_NAME", "Ren\u00e9");
    }

    @Test
    void aBodysTypeAndTrueLengthAreThere() throws IOException {
        assertThat(environ("POST / HTTP/1.1", "Host: h", "Content-Type: text/plain", "Content-Length: 0"))
                .containsEntry("CONTENT_TYPE", "text/plain")
                .containsEntry("CONTENT_LENGTH", "0")
                .doesNotContainKeys("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH");
    }

    @Test
    void anyMethodIsPassedOn() throws IOException {
        assertThat(environ("PROPFIND / HTTP/1.1", "Host: h")).containsEntry("REQUEST_METHOD", "PROPFIND");
    }
}
