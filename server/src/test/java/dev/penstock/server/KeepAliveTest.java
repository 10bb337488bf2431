package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeepAliveTest {
    private static void withConnection(Duration silence, boolean expected, int seconds) throws IOException {
        try (ServerSocketChannel socket =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(socket.getLocalAddress())) {
            KeepAlive.set(client, silence);
            assertThat(client.getOption(StandardSocketOptions.SO_KEEPALIVE)).isEqualTo(expected);
            if (expected) {
                assertThat(SocketOptions.get(client, "TCP_KEEPIDLE")).isEqualTo(seconds);
            }
        }
    }

    @Test
    void silentTcpPeerIsAskedForAfterItsTime() throws IOException {
        withConnection(Duration.ofSeconds(61), true, 61);
        withConnection(Duration.ofMillis(1), true, 1);
    }

    @Test
    void zeroSwitchesItOff() throws IOException {
        withConnection(Duration.ZERO, false, 0);
    }
}
