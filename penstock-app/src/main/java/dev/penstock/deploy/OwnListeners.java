package dev.penstock.deploy;

import dev.penstock.server.Poller;
import dev.penstock.server.Quietly;
import java.io.IOException;
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
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The listeners that the server opens itself, as `fcgi`, `scgi` and `uwsgi` say.
final class OwnListeners implements AutoCloseable {
    /// Connections that wait to be accepted; the kernel's own limit (net.core.somaxconn) counts too.
    private static final int BACKLOG = 1024;

    private final List<ServerSocketChannel> sockets = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    /// Opens all of them and gives them to the poller.
    ///
    /// @param protocol its name, for the status
    /// @param mode of Unix sockets: `fcgi_mode`
    /// @throws IOException that names the address that cannot be listened on; then none is open
    void open(String protocol, List<ListenAddress> wanted, int mode, Poller poller, Poller.Gate gate)
            throws IOException {
        try {
            for (ListenAddress address : wanted) {
                ServerSocketChannel socket = bind(address, mode);
                sockets.add(socket);
                addresses.add(protocol + " " + address(socket));
                poller.listen(socket, gate);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private ServerSocketChannel bind(ListenAddress address, int mode) throws IOException {
        try {
            return switch (address) {
                case ListenAddress.Tcp(String host, int port) ->
                    ServerSocketChannel.open().bind(new InetSocketAddress(host, port), BACKLOG);
                case ListenAddress.Unix(Path path) -> bindUnix(path, mode);
            };
        } catch (IOException e) {
            throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    private ServerSocketChannel bindUnix(Path path, int mode) throws IOException {
        removeStale(path);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            files.add(path);
            Files.setPosixFilePermissions(path, permissions(mode));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /// A socket that nobody listens on is in the way; one that somebody listens on is an error.
    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException("somebody listens there already" + (probe.isConnected() ? "" : " and is busy"));
        } catch (java.net.ConnectException e) {
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

    /// Where they listen, with real ports.
    List<String> addresses() {
        return List.copyOf(addresses);
    }

    private static String address(ServerSocketChannel socket) {
        try {
            SocketAddress address = socket.getLocalAddress();
            return address instanceof InetSocketAddress tcp
                    ? tcp.getHostString() + ":" + tcp.getPort()
                    : String.valueOf(address);
        } catch (IOException e) {
            return "(closed)";
        }
    }

    /// Stops accepting and removes the sockets' files.
    @Override
    public void close() {
        sockets.forEach(Quietly::close);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Stale sockets are removed at the next start.
            }
        }
    }
}
