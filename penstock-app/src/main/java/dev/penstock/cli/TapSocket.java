package dev.penstock.cli;

import dev.penstock.deploy.ListenAddress;
import dev.penstock.deploy.SocketRights;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where `penstock tap` listens, and the file that a Unix socket leaves behind.
final class TapSocket implements Closeable {
    private final ServerSocketChannel channel;
    private final ListenAddress address;

    /// Listens.
    ///
    /// @param mode of a Unix socket
    /// @throws IOException that says what stands in the way
    TapSocket(ListenAddress address, int mode) throws IOException {
        this.address = address;
        this.channel = switch (address) {
            case ListenAddress.Tcp tcp -> ServerSocketChannel.open().bind(tcp.resolve(), ListenAddress.BACKLOG);
            case ListenAddress.Unix(Path path) -> new SocketRights(mode, "", "").bind(path);
            case ListenAddress.Abstract _ -> throw RequestTarget.unreachable(address);
        };
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /// Where it listens, with the real port.
    String where() throws IOException {
        return channel.getLocalAddress() instanceof InetSocketAddress tcp
                ? tcp.getHostString() + ":" + tcp.getPort()
                : address.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (address instanceof ListenAddress.Unix(Path path)) {
            Files.deleteIfExists(path);
        }
    }
}
