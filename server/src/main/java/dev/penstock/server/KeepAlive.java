package dev.penstock.server;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// Has the kernel find out that a TCP peer has gone without a word (its machine lost power, a firewall forgot
/// the connection): such a connection would be idle for ever.
final class KeepAlive {
    private static final int PROBES = 6;
    private static final int SECONDS_BETWEEN = 10;

    private KeepAlive() {}

    /// @param silence after which the kernel asks; zero switches it off
    static void set(SocketChannel channel, Duration silence) {
        try {
            int seconds = Math.toIntExact(Math.max(1, silence.toSeconds()));
            if (silence.isZero() || PeerName.isUnix(channel) || !SocketOptions.set(channel, "TCP_KEEPIDLE", seconds)) {
                return;
            }
            SocketOptions.set(channel, "TCP_KEEPINTERVAL", SECONDS_BETWEEN);
            SocketOptions.set(channel, "TCP_KEEPCOUNT", PROBES);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        } catch (IOException | UnsupportedOperationException | ArithmeticException e) {
            // Closed in this moment, or a system without it: then a silent peer is found out later.
        }
    }
}
