package dev.penstock.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Asks somebody who did not understand FastCGI for a page by HTTP, to learn what they speak.
final class HttpProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final byte[] QUESTION =
            "HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private HttpProbe() {}

    /// The first line that they say, if it is text, else nothing; whatever goes wrong is nothing as well.
    static String firstLine(SocketAddress address) {
        FutureTask<String> task = new FutureTask<>(() -> ask(address));
        Thread.ofPlatform().daemon().name("http-probe").start(task);
        try {
            return task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            task.cancel(true);
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static String ask(SocketAddress address) throws IOException {
        SocketAddress resolved = address instanceof InetSocketAddress inet && inet.isUnresolved()
                ? new InetSocketAddress(inet.getHostString(), inet.getPort())
                : address;
        try (SocketChannel channel = SocketChannel.open(resolved)) {
            channel.write(ByteBuffer.wrap(QUESTION));
            ByteBuffer in = ByteBuffer.allocate(80);
            while (in.hasRemaining() && channel.read(in) >= 0) {
                if (in.position() > 0 && in.get(in.position() - 1) == '\n') {
                    break;
                }
            }
            String line =
                    StandardCharsets.ISO_8859_1.decode(in.flip()).toString().split("[\r\n]", 2)[0];
            return line.chars().allMatch(c -> c >= ' ' && c < 0x7f) ? line : "";
        }
    }
}
