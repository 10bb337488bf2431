package dev.penstock.cli;

import dev.penstock.deploy.ListenAddress;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// Where `penstock tap` listens, and the file that a Unix socket leaves behind.
final class TapSocket implements Closeable {
    private static final int BACKLOG = 1024;

    private final ServerSocketChannel channel;
    private final ListenAddress address;

    /// Listens.
    ///
    /// @param mode of a Unix socket
    /// @throws IOException that says what stands in the way
    TapSocket(ListenAddress address, int mode) throws IOException {
        this.address = address;
        this.channel = switch (address) {
            case ListenAddress.Tcp(String host, int port) ->
                ServerSocketChannel.open().bind(new InetSocketAddress(host, port), BACKLOG);
            case ListenAddress.Unix(Path path) -> bind(path, mode);
            case ListenAddress.Abstract _ -> throw RequestTarget.unreachable(address);
        };
    }

    private static ServerSocketChannel bind(Path path, int mode) throws IOException {
        removeStale(path);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, permissions(mode));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException("somebody listens there already" + (probe.isConnected() ? "" : " and is busy"));
        } catch (ConnectException e) {
            Files.delete(path);
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // from owner read to others execute
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & (0400 >> bit)) != 0) {
                permissions.add(all[bit]);
            }
        }
        return permissions;
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

    /// What to connect to.
    static SocketAddress target(ListenAddress address) {
        return switch (address) {
            case ListenAddress.Tcp(String host, int port) -> new InetSocketAddress(host, port);
            case ListenAddress.Unix(Path path) -> UnixDomainSocketAddress.of(path);
            case ListenAddress.Abstract _ -> throw RequestTarget.unreachable(address);
        };
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (address instanceof ListenAddress.Unix(Path path)) {
            Files.deleteIfExists(path);
        }
    }
}
