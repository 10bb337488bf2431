package dev.penstock.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// A control socket that gives one answer to whatever it is told, and remembers what that was.
public final class FakeServer implements AutoCloseable {
    private final ServerSocketChannel listener;
    private final Path socket;
    private final String answer;
    private final BlockingQueue<List<String>> commands = new LinkedBlockingQueue<>();
    private final Thread thread;

    /// @param answer sent after a command, then the connection is closed; null means never
    public FakeServer(Path instance, String answer) throws IOException {
        this.socket = instance.resolve(ControlClient.SOCKET);
        this.answer = answer;
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        thread = Thread.ofVirtual().start(this::serve);
    }

    /// The next command that came, as its words.
    public List<String> command() throws InterruptedException {
        return commands.take();
    }

    private void serve() {
        try {
            while (true) {
                try (SocketChannel connection = listener.accept()) {
                    answer(connection);
                }
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void answer(SocketChannel connection) throws IOException {
        ByteArrayOutputStream words = new ByteArrayOutputStream();
        var in = Channels.newInputStream(connection);
        int before = -1;
        for (int next = in.read(); next >= 0 && (next != 0 || before != 0); next = in.read()) {
            words.write(next);
            before = next;
        }
        if (words.size() == 0) {
            return; // somebody looked whether we are alive
        }
        commands.add(List.of(words.toString(StandardCharsets.UTF_8).split("\0")));
        if (answer == null) {
            in.read();
        } else {
            connection.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            Files.deleteIfExists(socket);
            thread.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
