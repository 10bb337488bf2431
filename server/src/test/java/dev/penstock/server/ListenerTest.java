package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;

@Timeout(20)
class ListenerTest {
    @TempDir
    Path directory;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Semaphore connections = new Semaphore(2);
    private Path path;
    private ServerSocketChannel socket;
    private Listener listener;

    @BeforeEach
    void listen() throws IOException {
        path = directory.resolve("socket");
        socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        listener = listener(socket);
    }

    private Listener listener(ServerSocketChannel on) {
        return new Listener(
                "test",
                on,
                ListenerTest::echo,
                new ConnectionThreads(),
                connections,
                (level, source, text) -> log.add(text));
    }

    /// A listener on `on` in place of the one on a plain socket.
    private void listenOn(ServerSocketChannel on) throws IOException {
        socket.close();
        socket = on;
        listener = listener(on);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        Eventually.becomes("no thread is left", () -> !Eventually.anyThreadIn(Listener.class, "serve") && !accepting());
    }

    private static boolean accepting() {
        return Eventually.anyThreadIn(Listener.class, "accept");
    }

    /// Gives every byte back until the peer closes.
    private static void echo(SocketChannel connection, Runnable over) {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        try (connection) {
            while (connection.read(buffer.clear()) >= 0) {
                connection.write(buffer.flip());
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            over.run();
        }
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private static void assertServed(SocketChannel client) throws IOException {
        client.write(ByteBuffer.wrap(new byte[] {42}));
        ByteBuffer back = ByteBuffer.allocate(1);
        assertThat(client.read(back)).isEqualTo(1);
        assertThat(back.array()).containsExactly(42);
    }

    @Test
    void servesConnectionsAtOnce() throws IOException {
        listener.start();
        try (SocketChannel first = connect();
                SocketChannel second = connect()) {
            assertServed(second);
            assertServed(first);
            assertServed(second);
            assertThat(listener.active()).isEqualTo(2);
        }
        Eventually.becomes("all are done", () -> listener.active() == 0 && connections.availablePermits() == 2);
    }

    @Test
    void servesManyInTurn() throws IOException {
        listener.start();
        for (int i = 0; i < 200; i++) {
            try (SocketChannel client = connect()) {
                assertServed(client);
            }
        }
        assertThat(log).isEmpty();
    }

    @Test
    void connectionsOverTheLimitWaitForOneToEnd() throws IOException {
        listener.start();
        SocketChannel first = connect();
        try (SocketChannel second = connect();
                SocketChannel third = connect()) {
            assertServed(first);
            assertServed(second);
            assertThat(connections.availablePermits()).isZero();
            third.write(ByteBuffer.wrap(new byte[] {1}));
            third.configureBlocking(false);
            assertThat(third.read(ByteBuffer.allocate(1))).isZero();
            first.close();
            third.configureBlocking(true);
            assertThat(third.read(ByteBuffer.allocate(1))).isEqualTo(1);
        }
    }

    @Test
    void closingLetsConnectionsGoOnAndTakesNoMore() throws IOException {
        listener.start();
        try (SocketChannel client = connect()) {
            assertServed(client);
            listener.close();
            assertServed(client);
            assertThat(socket.isOpen()).isFalse();
            Eventually.becomes("no thread accepts", () -> !accepting());
        }
        assertThat(log).isEmpty();
    }

    @Test
    void releasedSocketIsForTheNextServer() throws IOException {
        assertReleases();
    }

    @Test
    void releasedSocketThatWasPassedOnIsForTheNextServer() throws IOException {
        path = directory.resolve("passed");
        listenOn(AFUNIXServerSocketChannel.open().bind(AFUNIXSocketAddress.of(path)));
        assertReleases();
    }

    private void assertReleases() throws IOException {
        listener.start();
        try (SocketChannel before = connect()) {
            assertServed(before);
            Eventually.becomes("a thread accepts", ListenerTest::accepting);
            listener.release();
            Eventually.becomes("no thread accepts", () -> !accepting());
            assertThat(socket.isOpen()).isTrue();
            assertServed(before);
            try (SocketChannel after = connect();
                    SocketChannel taken = socket.accept()) {
                taken.write(ByteBuffer.wrap(new byte[] {7}));
                ByteBuffer back = ByteBuffer.allocate(1);
                after.read(back);
                assertThat(back.array()).containsExactly(7);
            }
        }
        assertThat(log).isEmpty();
    }

    @Test
    void servesTcpToo() throws IOException {
        listenOn(ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        listener.start();
        try (SocketChannel client = SocketChannel.open(socket.getLocalAddress())) {
            assertServed(client);
        }
    }
}
