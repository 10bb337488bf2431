package dev.penstock.cli;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.client.ClientOptions;
import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.FastCgiClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/// A request to ourselves before one that is timed: the first request of a Java process takes a hundred
/// milliseconds more than the next, and none of them are the application's.
final class WarmUp {
    private static final int REQUESTS = 20;

    private WarmUp() {}

    static void run() {
        try (ServerSocketChannel listening =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                FastCgiClient client =
                        new FastCgiClient(listening.getLocalAddress(), ClientOptions.DEFAULT.withoutKeeping())) {
            Thread.ofVirtual().start(() -> answer(listening));
            for (int i = 0; i < REQUESTS; i++) {
                try (var response = client.send(ClientRequest.get("/"))) {
                    response.body().readAllBytes();
                }
            }
        } catch (IOException e) {
            // Then the times are those of a cold process.
        }
    }

    /// The same words to whatever is asked.
    private static void answer(ServerSocketChannel listening) {
        ByteBuffer out = ByteBuffer.allocate(200);
        int start = Encoder.reserve(out);
        out.put("Status: 200\r\n\r\nwarm".getBytes(StandardCharsets.US_ASCII));
        Encoder.stdout(out, start, 1);
        Encoder.end(out, 1, 0, ProtocolStatus.REQUEST_COMPLETE);
        out.flip();
        while (listening.isOpen()) {
            try (SocketChannel peer = listening.accept()) {
                peer.read(ByteBuffer.allocate(10_000));
                peer.write(out.duplicate());
                peer.shutdownOutput();
                peer.read(ByteBuffer.allocate(10));
            } catch (IOException e) {
                return;
            }
        }
    }
}
