package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What passes through a tap, over TCP, where resets can be told from ends. The real servers are in `it/tap`.
// A thread of its own, because nothing else ends a read that waits for ever.
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("try")
class TapTest {
    private static final Wire REQUEST = new Wire()
            .begin(1, 1, true)
            .params(1, "REQUEST_METHOD", "GET", "REQUEST_URI", "/x")
            .stdin(1, "");
    private static final Wire ANSWER = new Wire().answer(1, "Status: 200 OK\r\n\r\nhello");

    private final StringWriter lines = new StringWriter();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private ServerSocket application;
    private SocketAddress address;
    private Tap tap;

    @BeforeEach
    void listen() throws IOException {
        application = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void stop() throws Exception {
        application.close();
        if (tap != null) {
            tap.stop();
            ended.get(10, TimeUnit.SECONDS);
        }
    }

    private void start(PrintWriter out, Bounds bounds, long count) throws IOException {
        ServerSocketChannel listening = ServerSocketChannel.open();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        address = listening.getLocalAddress();
        Screen screen =
                new Screen(out, new Look(false, false, false, false), new Filter(null, List.of(), false), count);
        tap = new Tap(listening, application.getLocalSocketAddress(), screen, false, bounds, null);
        Thread.ofPlatform().start(() -> {
            try {
                tap.run();
                ended.complete(tap.summary());
            } catch (IOException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
    }

    private void start() throws IOException {
        start(new PrintWriter(lines), Bounds.DEFAULT, 0);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(address);
        return socket;
    }

    private String stopped() throws Exception {
        tap.stop();
        return ended.get();
    }

    @Test
    void bothDirectionsPassByteForByteAndTheLineIsShown() throws Exception {
        start();
        try (Socket server = connect();
                Socket peer = application.accept()) {
            server.getOutputStream().write(REQUEST.bytes());
            assertThat(peer.getInputStream().readNBytes(REQUEST.bytes().length)).isEqualTo(REQUEST.bytes());
            peer.getOutputStream().write(ANSWER.bytes());
            assertThat(server.getInputStream().readNBytes(ANSWER.bytes().length))
                    .isEqualTo(ANSWER.bytes());
        }
        assertThat(stopped()).isEqualTo("1 request, 0 with faults");
        assertThat(lines.toString()).contains(" 200 GET /x ", "complete");
    }

    @Test
    void whatIsNoFastCgiPassesUnchangedAsWell() throws Exception {
        start();
        byte[] noise = new byte[3_000_000];
        new Random(20261122).nextBytes(noise);
        try (Socket server = connect();
                Socket peer = application.accept()) {
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(server, noise));
            assertThat(peer.getInputStream().readNBytes(noise.length)).isEqualTo(noise);
            written.get();
        }
        assertThat(stopped()).isNotEmpty();
        assertThat(lines.toString()).contains("fault (web server, FastCGI 3.3): not a FastCGI record of version 1");
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anEndOfOneDirectionLeavesTheOtherOpen() throws Exception {
        start();
        try (Socket server = connect();
                Socket peer = application.accept()) {
            server.getOutputStream().write(REQUEST.bytes());
            server.shutdownOutput();
            assertThat(peer.getInputStream().readAllBytes()).isEqualTo(REQUEST.bytes());
            peer.getOutputStream().write(ANSWER.bytes());
            peer.shutdownOutput();
            assertThat(server.getInputStream().readAllBytes()).isEqualTo(ANSWER.bytes());
        }
    }

    @Test
    void aResetOfTheApplicationReachesTheWebServer() throws Exception {
        start();
        try (Socket server = connect();
                Socket peer = application.accept()) {
            server.getOutputStream().write(REQUEST.bytes());
            assertThat(peer.getInputStream().read()).isEqualTo(1);
            peer.setSoLinger(true, 0);
            peer.close();
            assertThat(readUntilReset(server)).isTrue();
        }
        stopped();
        assertThat(lines.toString()).contains("fault (application, FastCGI 5.5): closed without END_REQUEST");
    }

    @Test
    void aResetOfTheWebServerReachesTheApplication() throws Exception {
        start();
        try (Socket server = connect();
                Socket peer = application.accept()) {
            server.getOutputStream().write(REQUEST.bytes());
            assertThat(peer.getInputStream().read()).isEqualTo(1);
            server.setSoLinger(true, 0);
            server.close();
            assertThat(readUntilReset(peer)).isTrue();
        }
        stopped();
        assertThat(lines.toString()).contains("web server closed");
    }

    private static boolean readUntilReset(Socket socket) throws IOException {
        try (InputStream in = socket.getInputStream()) {
            in.readAllBytes();
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void aSideThatIsNotReadFromIsHeldUpAndLosesNothing() throws Exception {
        start();
        try (SocketChannel server = SocketChannel.open(address);
                Socket peer = application.accept()) {
            server.configureBlocking(false);
            ByteBuffer block = ByteBuffer.allocate(64 * 1024);
            long sent = 0;
            long limit = 200_000_000;
            for (int idle = 0; idle < 200 && sent < limit; ) {
                block.clear();
                int written = server.write(block);
                sent += written;
                if (written == 0) {
                    idle++;
                    Thread.sleep(5); // How else would one see that nothing happens any more?
                } else {
                    idle = 0;
                }
            }
            assertThat(sent)
                    .as("bytes taken from a web server whose application does not read")
                    .isLessThan(limit);
            server.shutdownOutput();
            long received = peer.getInputStream().transferTo(OutputStream.nullOutputStream());
            assertThat(received).isEqualTo(sent);
        }
    }

    @Test
    void nobodyListens() throws Exception {
        application.close();
        start();
        try (Socket server = connect()) {
            readUntilReset(server);
        }
        stopped();
        assertThat(lines.toString()).contains("fault (application, FastCGI 2.2): the application cannot be reached");
    }

    @Test
    void trafficDoesNotWaitForAScreenThatIsStuckAndWhatIsLeftOutIsCounted() throws Exception {
        CompletableFuture<Void> unstuck = new CompletableFuture<>();
        Bounds small = new Bounds(2000, 256 * 1024, 256, 400, 16 << 20, 64 * 1024);
        start(new PrintWriter(new StuckWriter(lines, unstuck)), small, 0);
        try (Socket server = connect();
                Socket peer = application.accept()) {
            for (int i = 0; i < 2000; i++) {
                server.getOutputStream().write(REQUEST.bytes());
                peer.getInputStream().readNBytes(REQUEST.bytes().length);
                peer.getOutputStream().write(ANSWER.bytes());
                server.getInputStream().readNBytes(ANSWER.bytes().length);
            }
            unstuck.complete(null);
        }
        assertThat(stopped()).contains("more passed without being shown", "did not fit into the queue");
        assertThat(lines.toString()).contains(" 200 GET /x ").doesNotContain("fault");
    }

    /// Lets nobody write until it is told to.
    private static final class StuckWriter extends FilterWriter {
        private final CompletableFuture<Void> unstuck;

        StuckWriter(StringWriter lines, CompletableFuture<Void> unstuck) {
            super(lines);
            this.unstuck = unstuck;
        }

        @Override
        public void write(String text, int from, int length) throws IOException {
            unstuck.join();
            super.write(text, from, length);
        }
    }

    @Test
    void itEndsByItselfAfterAsManyRequestsAsWereAskedFor() throws Exception {
        start(new PrintWriter(lines), Bounds.DEFAULT, 2);
        try (Socket server = connect();
                Socket peer = application.accept()) {
            for (int i = 0; i < 2; i++) {
                server.getOutputStream().write(REQUEST.bytes());
                peer.getInputStream().readNBytes(REQUEST.bytes().length);
                peer.getOutputStream().write(ANSWER.bytes());
                server.getInputStream().readNBytes(ANSWER.bytes().length);
            }
            assertThat(ended.get()).startsWith("2 requests");
        }
        assertThat(lines.toString().lines()).hasSize(2);
    }

    @Test
    void moreConnectionsThanAllowedWait() throws Exception {
        start(new PrintWriter(lines), new Bounds(2000, 256 * 1024, 1, 400, 16 << 20, 1 << 20), 0);
        try (Socket first = connect();
                Socket firstPeer = application.accept();
                Socket second = connect()) {
            application.setSoTimeout(300);
            assertThat(accepted()).isFalse();
            first.close();
            firstPeer.close();
            application.setSoTimeout(30_000);
            assertThat(accepted()).isTrue();
            second.close();
        }
    }

    private boolean accepted() throws IOException {
        try (Socket peer = application.accept()) {
            return peer.isConnected();
        } catch (SocketTimeoutException e) {
            return false;
        }
    }
}
