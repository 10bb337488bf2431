package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `penstock request` sends, and what it says when there is no response. The body goes to the real
/// standard output, so what is printed of a response is proven in `it/clients`.
@Timeout(60)
class RequestCommandTest {
    private static final String ANSWER = "Status: 200\r\nSet-Cookie: id=answered\r\n\r\n";

    private final StringWriter err = new StringWriter();
    private Path folder = Path.of("");
    private Path socket = Path.of("");
    private ServerSocketChannel listening;

    @BeforeEach
    void listen() throws IOException {
        folder = Files.createTempDirectory("req");
        socket = folder.resolve("s");
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    @AfterEach
    void stop() throws IOException {
        listening.close();
        Files.deleteIfExists(socket);
        Files.deleteIfExists(folder.resolve("file"));
        Files.delete(folder);
    }

    private interface Peer {
        void talk(SocketChannel channel) throws Exception;
    }

    /// One connection after the other is given to the peer, until the test is over.
    private void peer(Peer peer) {
        Thread.ofVirtual().start(() -> {
            while (listening.isOpen()) {
                try (SocketChannel channel = listening.accept()) {
                    peer.talk(channel);
                } catch (Exception e) {
                    // What matters shows in what the command says.
                }
            }
        });
    }

    /// Answers one request by FastCGI; gives its variables.
    private CompletableFuture<Parameters> application(String response, int appStatus, ProtocolStatus status) {
        CompletableFuture<Parameters> got = new CompletableFuture<>();
        peer(channel -> {
            Decoder decoder = new Decoder(Limits.DEFAULT);
            ByteBuffer in = ByteBuffer.allocate(100_000);
            while (channel.read(in.clear()) >= 0) {
                decoder.feed(in.flip());
                for (Event event = decoder.next(); event != null; event = decoder.next()) {
                    switch (event) {
                        case Event.Begin begin -> got.complete(begin.parameters());
                        case Event.StdinEnd _ -> {
                            channel.write(answer(response, appStatus, status));
                            return;
                        }
                        default -> {}
                    }
                }
            }
        });
        return got;
    }

    private static ByteBuffer answer(String response, int appStatus, ProtocolStatus status) {
        ByteBuffer out = ByteBuffer.allocate(1000);
        if (!response.isEmpty()) {
            Encoder.stderr(out, 1, "from the application\u001b[2J".getBytes(StandardCharsets.US_ASCII));
            int start = Encoder.reserve(out);
            out.put(response.getBytes(StandardCharsets.ISO_8859_1));
            Encoder.stdout(out, start, 1);
        }
        Encoder.end(out, 1, appStatus, status);
        return out.flip();
    }

    private int request(Object... words) {
        String[] all = new String[words.length + 1];
        all[0] = "request";
        for (int i = 0; i < words.length; i++) {
            all[i + 1] = String.valueOf(words[i]);
        }
        PrintWriter writer = new PrintWriter(err, true);
        return Commands.commandLine(new PrintWriter(new StringWriter()), writer).execute(all);
    }

    private static String get(CompletableFuture<Parameters> sent, String name) {
        try {
            return sent.get(30, TimeUnit.SECONDS).get(name, "(none)");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void getHasWhatAWebServerSends() {
        var sent = application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "/a%20b?c=d%20e", "-H", "X-One: two: three")).isZero();
        assertThat(get(sent, "REQUEST_METHOD")).isEqualTo("GET");
        assertThat(get(sent, "PATH_INFO")).isEqualTo("/a b");
        assertThat(get(sent, "REQUEST_URI")).isEqualTo("/a%20b?c=d%20e");
        assertThat(get(sent, "QUERY_STRING")).isEqualTo("c=d%20e");
        assertThat(get(sent, "HTTP_X_ONE")).isEqualTo("two: three");
        assertThat(get(sent, "HTTP_HOST")).isEqualTo("localhost");
        assertThat(get(sent, "CONTENT_LENGTH")).isEqualTo("(none)");
        assertThat(err.toString()).contains("from the application").doesNotContain("\u001b");
    }

    @Test
    void dataIsAPostOfAForm() {
        var sent = application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "-d", "name=é")).isZero();
        assertThat(get(sent, "REQUEST_METHOD")).isEqualTo("POST");
        assertThat(get(sent, "CONTENT_TYPE")).isEqualTo("application/x-www-form-urlencoded");
        assertThat(get(sent, "CONTENT_LENGTH")).isEqualTo("7");
    }

    @Test
    void fileIsSentWithItsLength() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "12345 6");
        application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "-d", "@" + file, "--trace", "--secrets")).isZero();
        assertThat(err.toString()).contains("CONTENT_LENGTH=7 ").containsPattern("> STDIN .*\"12345 6\"");
    }

    @Test
    void whatIsSaidStandsAboveWhatIsUsual() {
        var sent = application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(
                        socket,
                        "-X",
                        "PUT",
                        "-d",
                        "text",
                        "-H",
                        "Content-Type: text/x",
                        "--var",
                        "CONTENT_LENGTH=-1",
                        "--var",
                        "REMOTE_ADDR",
                        "--var",
                        "EMPTY="))
                .isZero();
        assertThat(get(sent, "REQUEST_METHOD")).isEqualTo("PUT");
        assertThat(get(sent, "CONTENT_TYPE")).isEqualTo("text/x");
        assertThat(get(sent, "CONTENT_LENGTH")).isEqualTo("-1");
        assertThat(get(sent, "REMOTE_ADDR")).isEqualTo("(none)");
        assertThat(get(sent, "EMPTY")).isEmpty();
    }

    @Test
    void wholeUrlGivesTheHost() {
        var sent = application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "https://example.org:8443/x?y")).isZero();
        assertThat(get(sent, "HTTP_HOST")).isEqualTo("example.org:8443");
        assertThat(get(sent, "SERVER_NAME")).isEqualTo("example.org");
        assertThat(get(sent, "SERVER_PORT")).isEqualTo("8443");
        assertThat(get(sent, "HTTPS")).isEqualTo("on");
        assertThat(get(sent, "REQUEST_URI")).isEqualTo("/x?y");
    }

    @Test
    void scriptTakesTheUrlsPath() {
        var sent = application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "/index.php", "--script", "/var/www/index.php"))
                .isZero();
        assertThat(get(sent, "SCRIPT_FILENAME")).isEqualTo("/var/www/index.php");
        assertThat(get(sent, "DOCUMENT_ROOT")).isEqualTo("/var/www");
        assertThat(get(sent, "SCRIPT_NAME")).isEqualTo("/index.php");
        assertThat(get(sent, "PATH_INFO")).isEqualTo("(none)");
    }

    @Test
    void traceHasALineForEachRecordAndNoSecrets() {
        application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "--trace", "-H", "Cookie: id=sent", "-d", "password=typed"))
                .isZero();
        assertThat(err.toString())
                .containsPattern("> BEGIN_REQUEST +id 1 +8 bytes +role 1, close")
                .containsPattern("> PARAMS .*HTTP_COOKIE=\\*\\*\\*")
                .containsPattern("> STDIN +id 1 +14 bytes")
                .containsPattern("< STDERR .*from the application\\\\x1b")
                .containsPattern("< STDOUT .*Set-Cookie: \\*\\*\\*\\\\r\\\\n")
                .containsPattern("< END_REQUEST .*status 0, protocol status 0")
                .doesNotContain("id=sent", "typed", "id=answered", "\u001b");
    }

    @Test
    void traceShowsSecretsWhenAsked() {
        application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "--trace", "--secrets", "-H", "Cookie: id=sent", "-d", "password=typed"))
                .isZero();
        assertThat(err.toString()).contains("HTTP_COOKIE=id=sent", "password=typed", "Set-Cookie: id=answered");
    }

    @Test
    void timingHasALineForEachPhase() {
        application(ANSWER, 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket, "--timing")).isZero();
        for (String phase : new String[] {"connected", "sent", "first byte", "end"}) {
            assertThat(err.toString()).containsPattern("(?m)^" + phase + " +[0-9.]+ ms$");
        }
    }

    @Test
    void statusFailsTheCommandOnlyWhenAsked() {
        application("Status: 404\r\n\r\n", 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket)).isZero();
        assertThat(request(socket, "--fail")).isEqualTo(Exit.FAILED);
    }

    @Test
    void exitStatusOfTheApplicationIsTold() {
        application(ANSWER, 7, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket)).isZero();
        assertThat(err.toString()).contains("ended the request with status 7");
    }

    @Test
    void refusalIsTold() {
        application("", 0, ProtocolStatus.UNKNOWN_ROLE);
        assertThat(request(socket)).isEqualTo(Exit.FAILED);
        assertThat(err.toString()).contains("UNKNOWN_ROLE").contains("--role");
    }

    @Test
    void whatIsNoResponseIsToldWithTheErrors() {
        application("hello\n", 0, ProtocolStatus.REQUEST_COMPLETE);
        assertThat(request(socket)).isEqualTo(Exit.FAILED);
        assertThat(err.toString())
                .contains("from the application")
                .contains("no response: expected a response header, found: hello");
    }

    @Test
    void missingFileIsToldWithTheSocketsThatAreNear() {
        assertThat(request(folder.resolve("other"))).isEqualTo(Exit.NOTHING_RUNS);
        assertThat(err.toString()).contains("other: no such file").contains("Sockets in this folder: s");
    }

    @Test
    void missingFolderIsTold() {
        assertThat(request(folder.resolve("no/s"))).isEqualTo(Exit.NOTHING_RUNS);
        assertThat(err.toString()).contains("nor is there the folder " + folder.resolve("no"));
    }

    @Test
    void whatIsNoSocketIsTold() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThat(request(file)).isEqualTo(Exit.NOTHING_RUNS);
        assertThat(err.toString()).contains("a regular file, not a socket");
    }

    @Test
    void leftOverSocketIsTold() throws IOException {
        listening.close();
        assertThat(request(socket)).isEqualTo(Exit.NOTHING_RUNS);
        assertThat(err.toString()).contains("nobody listens on " + socket).contains("left over");
    }

    @Test
    void portWithoutAListenerIsTold() throws IOException {
        int port;
        try (ServerSocketChannel other = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            port = ((InetSocketAddress) other.getLocalAddress()).getPort();
        }
        assertThat(request("127.0.0.1:" + port)).isEqualTo(Exit.NOTHING_RUNS);
        assertThat(err.toString()).contains("nobody listens on 127.0.0.1:" + port);
    }

    @Test
    void silenceIsTold() {
        peer(channel -> {
            ByteBuffer in = ByteBuffer.allocate(100_000);
            while (channel.read(in.clear()) >= 0) {
                // It listens, and that is all.
            }
        });
        assertThat(request(socket, "--timeout", "0.2")).isEqualTo(Exit.NO_ANSWER);
        assertThat(err.toString())
                .contains(socket + " listens but does not answer")
                .contains("--timeout");
    }

    @Test
    void fullBacklogIsTold() throws IOException {
        listening.close();
        Files.delete(socket);
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket), 1);
        int status = Exit.OK;
        for (int i = 0; i < 5 && !err.toString().contains("backlog is full"); i++) {
            status = request(socket, "--timeout", "0.1", "--connect-timeout", "0.3");
        }
        assertThat(err.toString()).contains("listens on " + socket + " but does not accept: its backlog is full");
        assertThat(status).isEqualTo(Exit.NO_ANSWER);
    }

    /// Some servers answer at once to what they do not understand, others close, others wait for the rest.
    @ParameterizedTest
    @CsvSource({"answers", "closes", "waits"})
    void httpServerIsKnownHoweverItTakesFastCgi(String habit) {
        peer(channel -> {
            ByteBuffer in = ByteBuffer.allocate(100_000);
            channel.read(in);
            boolean isHttp = in.get(0) == 'H';
            if (isHttp || habit.equals("answers")) {
                channel.write(ByteBuffer.wrap("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            }
            while (!isHttp && habit.equals("waits") && channel.read(in.clear()) >= 0) {
                // Until the other side has had enough.
            }
        });
        assertThat(request(socket, "--timeout", "0.2")).isEqualTo(Exit.SPEAKS_SOMETHING_ELSE);
        assertThat(err.toString())
                .contains("speaks HTTP, not FastCGI: it answers HTTP/1.1 400 Bad Request")
                .contains("curl --unix-socket " + socket);
    }

    @Test
    void whoSpeaksFirstIsQuoted() {
        peer(channel -> {
            channel.write(ByteBuffer.wrap("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII)));
            channel.read(ByteBuffer.allocate(100_000)); // Closed with input unread, it would be a reset.
        });
        assertThat(request(socket)).isEqualTo(Exit.SPEAKS_SOMETHING_ELSE);
        assertThat(err.toString()).contains("it says SSH-2.0-OpenSSH_9.2");
    }

    @ParameterizedTest
    @CsvSource({
        "--header, nothing, --header: expected 'Name: value'",
        "--var, =x, --var: expected NAME=VALUE",
        "--data, @/nowhere/file, /nowhere/file: no such file",
        "--timeout, 0, --timeout: expected seconds",
        "--role, filter, --filter-file",
        "--role, king, RESPONDER",
        "--protocol, http, SCGI"
    })
    void wrongOptionsAreTold(String option, String value, String message) {
        assertThat(request(socket, option, value)).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains(message);
    }

    @ParameterizedTest
    @CsvSource({"noport, HOST:PORT", "host:70000, 0 to 65535", "::1:80, brackets"})
    void wrongAddressIsTold(String address, String message) {
        assertThat(request(address)).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void scgiSendsItsNetstringAndTakesAPlainResponse() {
        CompletableFuture<String> got = new CompletableFuture<>();
        plain(got, "Status: 201\r\n\r\n", ",abc");
        assertThat(request(socket, "/x", "--protocol", "scgi", "-d", "abc")).isZero();
        assertThat(got.orTimeout(30, TimeUnit.SECONDS).join())
                .matches("(?s)\\d+:CONTENT_LENGTH\0003\000SCGI\0001\000.*REQUEST_METHOD\000POST\000.*,abc");
    }

    @Test
    void uwsgiSendsItsPacketAndTakesAnHttpResponse() {
        CompletableFuture<String> got = new CompletableFuture<>();
        plain(got, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "abc");
        assertThat(request(socket, "/x", "--protocol", "uwsgi", "-d", "abc")).isZero();
        String sent = got.orTimeout(30, TimeUnit.SECONDS).join();
        assertThat(sent.charAt(0)).isEqualTo('\0');
        assertThat((int) sent.charAt(1) + 256 * sent.charAt(2)).isEqualTo(sent.length() - 4 - 3);
        assertThat(sent).contains("\016\000REQUEST_METHOD\004\000POST").endsWith("abc");
    }

    /// Reads up to this end, answers and closes.
    private void plain(CompletableFuture<String> got, String response, String end) {
        peer(channel -> {
            ByteBuffer in = ByteBuffer.allocate(100_000);
            String text = "";
            while (!text.endsWith(end) && channel.read(in) >= 0) {
                text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            }
            got.complete(text);
            try {
                channel.write(ByteBuffer.wrap(response.getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
