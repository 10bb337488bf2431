package dev.penstock.cli;

import dev.penstock.deploy.ListenAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a request goes, as a person wrote it.
record RequestTarget(ListenAddress address) {
    /// Reads a path or HOST:PORT; a name without a slash is a file when there is one.
    ///
    /// @throws CommandFailure when it is neither
    static RequestTarget parse(String text, Path base) {
        boolean isFile = text.indexOf('/') < 0 && Files.exists(base.resolve(text));
        try {
            return new RequestTarget(ListenAddress.parse(isFile ? "./" + text : text, base));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(text + ": expected the path of a Unix socket, or " + e.getMessage());
        }
    }

    SocketAddress socketAddress() {
        return switch (address) {
            case ListenAddress.Unix(Path path) -> unix(path);
            case ListenAddress.Abstract _ -> throw unreachable(address);
            case ListenAddress.Tcp(String host, int port) -> InetSocketAddress.createUnresolved(host, port);
        };
    }

    /// Java's own channels know no abstract sockets.
    static CommandFailure unreachable(ListenAddress address) {
        return CommandFailure.usage(
                address + ": expected a path or HOST:PORT; this command does not reach abstract" + " sockets");
    }

    private static SocketAddress unix(Path path) {
        if (path.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length > 107) {
            throw CommandFailure.usage(path + ": a Unix socket's path has 107 bytes at the most; make a short"
                    + " symbolic link to its folder");
        }
        return UnixDomainSocketAddress.of(path);
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
