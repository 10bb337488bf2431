package dev.penstock.deploy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/// Where a listener of ours listens, as a person wrote it.
public sealed interface ListenAddress {
    /// `struct sockaddr_un` has 108 bytes, the first of which is NUL where the text has the `@`.
    int MAX_NAME = 108;

    /// Connections that wait to be accepted; the kernel's own limit (net.core.somaxconn) counts too.
    int BACKLOG = 1024;

    /// A Unix socket.
    ///
    /// @param path absolute
    record Unix(Path path) implements ListenAddress {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// A Unix socket without a file, in Linux's abstract namespace.
    ///
    /// @param name without the `@`
    record Abstract(String name) implements ListenAddress {
        @Override
        public String toString() {
            return "@" + name;
        }
    }

    /// A TCP port.
    ///
    /// @param host a name or a number, an IPv6 number without brackets; never empty
    /// @param port 0 means any free one
    record Tcp(String host, int port) implements ListenAddress {
        /// The same for a socket.
        ///
        /// @throws IOException when this machine does not know the name
        public InetSocketAddress resolve() throws IOException {
            InetSocketAddress address = new InetSocketAddress(host, port);
            if (address.isUnresolved()) {
                throw new IOException("this machine knows no address of " + host);
            }
            return address;
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /// Reads `@NAME`, a path (anything else with a `/`), `HOST:PORT`, `:PORT` or `PORT`; without a host it is
    /// the loopback interface.
    ///
    /// @param base what a relative path is relative to
    /// @throws IllegalArgumentException when it is none of them
    static ListenAddress parse(String text, Path base) {
        String path = text.startsWith("unix:") ? text.substring("unix:".length()) : text;
        if (path.startsWith("@")) {
            if (path.length() == 1 || path.length() > MAX_NAME) {
                throw new IllegalArgumentException("a name of 1 to " + (MAX_NAME - 1) + " characters behind the @");
            }
            return new Abstract(path.substring(1));
        }
        return path.indexOf('/') >= 0
                ? new Unix(base.resolve(path).toAbsolutePath().normalize())
                : parseTcp(text);
    }

    /// Reads `HOST:PORT`, `:PORT` or `PORT`; `*` is every interface.
    ///
    /// @throws IllegalArgumentException when it is none of them
    static Tcp parseTcp(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 1 ? "127.0.0.1" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address in brackets, like [::1]:8080");
        }
        return new Tcp(host.equals("*") ? "0.0.0.0" : host, port(text.substring(colon + 1)));
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException ignored) {
            // Told below, as a number out of range is.
        }
        throw new IllegalArgumentException("HOST:PORT with a port from 0 to 65535");
    }
}
