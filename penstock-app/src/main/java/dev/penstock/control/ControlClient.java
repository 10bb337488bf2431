package dev.penstock.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// Sends one command to a running server and hands on what it prints. One object a command, one thread.
///
/// ```
/// we send      word NUL word NUL … NUL
/// it answers   lines of text, the last of them `exit N`, then end of file
/// ```
///
/// For text only: no descriptors are passed, so the sockets of the JDK will do and a command needs no
/// native library.
public final class ControlClient {
    /// The name of the control socket in an instance's directory.
    public static final String SOCKET = "control";

    /// `sun_path` of Linux is 108 bytes with its closing NUL.
    private static final int LONGEST_SOCKET_PATH = 107;

    private static final String EXIT = "exit ";

    private final Path instance;
    private final Duration silence;

    /// @param instance the directory of the instance
    /// @param silence how long the server may say nothing before we give up
    public ControlClient(Path instance, Duration silence) {
        this.instance = instance;
        this.silence = silence;
    }

    /// Whether a server listens there that we may connect to.
    public boolean isAlive() {
        try (SocketChannel channel = connect()) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /// Sends a command and hands each line of the answer to `line` as it comes, without its line feed.
    ///
    /// @return the status that the server wants us to exit with
    /// @throws IOException when there is no server, it says nothing for too long, or its answer breaks off
    public int send(List<String> words, Consumer<String> line) throws IOException {
        try (SocketChannel channel = connect();
                Selector selector = Selector.open()) {
            ByteBuffer command = encode(words);
            while (command.hasRemaining()) {
                channel.write(command);
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            Answer answer = new Answer(line);
            while (await(selector) && channel.read(answer.buffer) >= 0) {
                answer.take();
            }
            return answer.exit();
        }
    }

    private boolean await(Selector selector) throws IOException {
        if (selector.select(silence.toMillis()) == 0) {
            throw new SocketTimeoutException("the server has said nothing for " + silence.toSeconds() + " s");
        }
        selector.selectedKeys().clear();
        return true;
    }

    private static ByteBuffer encode(List<String> words) {
        return StandardCharsets.UTF_8.encode(String.join("\0", words) + "\0\0");
    }

    private SocketChannel connect() throws IOException {
        Path socket = instance.resolve(SOCKET).toAbsolutePath();
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET_PATH) {
            return open(socket);
        }
        // Too long for the kernel, so the directory gets a short name for as long as connecting takes.
        Path folder = Files.createTempDirectory("penstock");
        Path link = folder.resolve("i");
        try {
            Files.createSymbolicLink(link, instance.toAbsolutePath());
            return open(link.resolve(SOCKET));
        } finally {
            Files.deleteIfExists(link);
            Files.delete(folder);
        }
    }

    private static SocketChannel open(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /// Cuts what comes into lines, and keeps the last one back: it may be the exit status.
    private static final class Answer {
        private final ByteBuffer buffer = ByteBuffer.allocate(8192);
        private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
        private final Consumer<String> line;
        private String held = "";
        private boolean isHolding;

        Answer(Consumer<String> line) {
            this.line = line;
        }

        void take() {
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    endLine();
                } else {
                    partial.write(next);
                }
            }
            buffer.clear();
        }

        private void endLine() {
            if (isHolding) {
                line.accept(held);
            }
            held = partial.toString(StandardCharsets.UTF_8);
            partial.reset();
            isHolding = true;
        }

        int exit() throws IOException {
            if (partial.size() > 0) {
                endLine();
            }
            if (isHolding && held.startsWith(EXIT)) {
                try {
                    return Integer.parseInt(held.substring(EXIT.length()).strip());
                } catch (NumberFormatException e) {
                    throw new IOException("expected `exit N` at the end of the server's answer, found: " + held, e);
                }
            }
            if (isHolding) {
                line.accept(held);
            }
            throw new IOException("the server's answer breaks off; its log may say why");
        }
    }
}
