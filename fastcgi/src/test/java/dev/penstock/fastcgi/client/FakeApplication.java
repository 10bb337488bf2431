package dev.penstock.fastcgi.client;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// An application that does what a test says: its first connection plays the first script, and so on; the
/// last script is played by all that follow. What goes wrong in a script fails the test at its end.
final class FakeApplication implements AutoCloseable {
    /// What one connection does; it is closed afterwards.
    interface Script {
        void play(Talk talk) throws Exception;
    }

    private final Path folder;
    private final UnixDomainSocketAddress address;
    private final ServerSocketChannel listening;
    private final List<Script> scripts;
    private final AtomicInteger connections = new AtomicInteger();
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
    private final Queue<Thread> playing = new ConcurrentLinkedQueue<>();
    private final Queue<Talk> talks = new ConcurrentLinkedQueue<>();

    FakeApplication(Script... scripts) throws IOException {
        this.scripts = List.of(scripts);
        folder = Files.createTempDirectory("fcgi");
        address = UnixDomainSocketAddress.of(folder.resolve("s"));
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
        playing.add(Thread.ofVirtual().start(this::accept));
    }

    UnixDomainSocketAddress address() {
        return address;
    }

    int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = listening.accept();
                Script script = scripts.get(Math.min(connections.getAndIncrement(), scripts.size() - 1));
                Talk talk = new Talk(channel);
                talks.add(talk);
                playing.add(Thread.ofVirtual().start(() -> play(script, talk)));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void play(Script script, Talk talk) {
        try (talk) {
            script.play(talk);
        } catch (Throwable e) {
            faults.add(e);
        }
    }

    /// Scripts must have come to their end by themselves when the client is closed.
    @Override
    public void close() throws IOException {
        listening.close();
        for (Thread thread : playing) {
            if (!hasEnded(thread)) {
                faults.add(new AssertionError("a script still waits"));
            }
        }
        for (Talk talk : talks) {
            talk.close();
        }
        Files.deleteIfExists(address.getPath());
        Files.delete(folder);
        for (Throwable fault : faults) {
            throw new AssertionError("the fake application's script failed", fault);
        }
    }

    private static boolean hasEnded(Thread thread) {
        try {
            return thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
