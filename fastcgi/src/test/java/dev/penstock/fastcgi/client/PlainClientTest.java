package dev.penstock.fastcgi.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.client.FastCgiFailure.Kind;
import dev.penstock.fastcgi.client.PlainClient.Protocol;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// SCGI and uwsgi: what is sent, and what becomes of the response.
@Timeout(30)
class PlainClientTest {
    private static final Duration LONG = Duration.ofSeconds(25);

    @TempDir
    private Path folder;

    private ServerSocketChannel listening;
    private UnixDomainSocketAddress address;

    @BeforeEach
    void listen() throws IOException {
        address = UnixDomainSocketAddress.of(folder.resolve("s"));
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
    }

    @AfterEach
    void stop() throws IOException {
        listening.close();
    }

    private interface Peer {
        void talk(SocketChannel channel) throws IOException;
    }

    private void peer(Peer peer) {
        Thread.ofVirtual().start(() -> {
            try (SocketChannel channel = listening.accept()) {
                peer.talk(channel);
            } catch (IOException e) {
                // The client has gone.
            }
        });
    }

    private static void say(SocketChannel channel, byte[] words) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(words);
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    private static void say(SocketChannel channel, String words) throws IOException {
        say(channel, words.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void readToEnd(SocketChannel channel) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(10_000);
        while (channel.read(in.clear()) >= 0) {
            // It is read, and that is all.
        }
    }

    private PlainClient client(Protocol protocol) {
        return new PlainClient(protocol, address, ClientOptions.DEFAULT);
    }

    private static Parameters parameters(String... namesAndValues) {
        Parameters parameters = new Parameters();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            parameters.set(namesAndValues[at], namesAndValues[at + 1]);
        }
        return parameters;
    }

    @Test
    void scgiHasItsLengthFirst() {
        byte[] head = PlainHeads.scgi(parameters("A", "b", "CONTENT_LENGTH", "27"));
        assertThat(new String(head, StandardCharsets.ISO_8859_1))
                .isEqualTo("29:CONTENT_LENGTH\00027\000SCGI\0001\000A\000b\000,");
    }

    @Test
    void scgiSaysThatThereIsNoBody() {
        assertThat(new String(PlainHeads.scgi(parameters()), StandardCharsets.ISO_8859_1))
                .isEqualTo("24:CONTENT_LENGTH\0000\000SCGI\0001\000,");
    }

    @Test
    void scgiCannotSayANul() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlainHeads.scgi(parameters("A", "b\0C\0d")))
                .withMessageContaining("variable A");
    }

    @Test
    void uwsgiIsLittleEndian() {
        assertThat(PlainHeads.uwsgi(parameters("A", "x".repeat(258))))
                .startsWith(0, 7, 1, 0, 1, 0, 'A', 2, 1, 'x')
                .hasSize(4 + 2 + 1 + 2 + 258);
    }

    @Test
    void uwsgiTakesWhatItsLengthsCanSayAndNoMore() {
        assertThat(PlainHeads.uwsgi(parameters("A", "x".repeat(65_530)))).hasSize(4 + 65_535);
        assertThatIllegalArgumentException().isThrownBy(() -> PlainHeads.uwsgi(parameters("A", "x".repeat(65_531))));
        assertThatIllegalArgumentException().isThrownBy(() -> PlainHeads.uwsgi(parameters("A", "x".repeat(65_536))));
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void bodyOfUnknownLengthCannotBeSaid(Protocol protocol) {
        ClientRequest request = ClientRequest.of("POST", "/").body(new ByteArrayInputStream(new byte[3]), -1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client(protocol).send(request).close());
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void applicationMayWriteMuchBeforeItReadsTheBody(Protocol protocol) throws IOException {
        byte[] much = new byte[3_000_000];
        peer(channel -> {
            say(channel, "Status: 200\n\n");
            say(channel, much);
            channel.shutdownOutput();
            readToEnd(channel);
        });
        ClientRequest request = ClientRequest.of("POST", "/").body(new ByteArrayInputStream(much), much.length);
        try (ClientResponse response = client(protocol).send(request)) {
            assertThat(response.body().readAllBytes()).isEqualTo(much);
        }
    }

    @Test
    void endOfTheConnectionWithoutAWordIsAFailure() {
        peer(channel -> channel.read(ByteBuffer.allocate(10)));
        var failure = catchThrowableOfType(
                FastCgiFailure.class,
                () -> client(Protocol.SCGI).send(ClientRequest.get("/")).close());
        assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
    }

    @Test
    void endWithinTheHeadIsNoResponse() {
        peer(channel -> {
            say(channel, "HTTP/1.1 200 OK\r\nA: b\r\n");
            channel.shutdownOutput();
            readToEnd(channel);
        });
        var failure = catchThrowableOfType(
                FastCgiFailure.class,
                () -> client(Protocol.UWSGI).send(ClientRequest.get("/")).close());
        assertThat(failure.kind()).isEqualTo(Kind.BAD_RESPONSE);
        assertThat(failure).hasMessageContaining("within the head");
    }

    @Test
    void silenceEndsWithItsDeadline() {
        peer(PlainClientTest::readToEnd);
        ClientRequest request = ClientRequest.get("/").deadlines(new Deadlines(LONG, Duration.ofMillis(200), LONG));
        var failure = catchThrowableOfType(
                FastCgiFailure.class, () -> client(Protocol.SCGI).send(request).close());
        assertThat(failure.kind()).isEqualTo(Kind.NO_ANSWER);
    }
}
