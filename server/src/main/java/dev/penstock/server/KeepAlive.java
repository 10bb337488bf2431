package dev.penstock.server;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/// Has the kernel find out that a TCP peer has gone without a word (its machine lost power, a firewall forgot
/// the connection): such a connection would be idle for ever.
final class KeepAlive {
    private static final int PROBES = 6;
    private static final int SECONDS_BETWEEN = 10;

    private KeepAlive() {}

    /// @param silence after which the kernel asks; zero switches it off
    static void set(SocketChannel channel, Duration silence) {
        try {
            if (silence.isZero() || !channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
                return;
            }
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, Math.toIntExact(Math.max(1, silence.toSeconds())));
            channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, SECONDS_BETWEEN);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        } catch (IOException | UnsupportedOperationException | ArithmeticException e) {
            // Closed in this moment, or a system without it: then a silent peer is found out later.
        }
    }
}
