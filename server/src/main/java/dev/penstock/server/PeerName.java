package dev.penstock.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFGenericSocketAddress;
import org.newsclub.net.unix.AFSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/// Who is at the other end of a connection: an address, or the user (and process, where the kernel's answer
/// has it) that has connected to a Unix socket. And where a socket listens, however it came to us. Never throws.
public final class PeerName {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private PeerName() {}

    /// For a line of the log. Asks only when somebody wants to know: it takes a system call.
    static String of(SocketChannel channel) {
        InetSocketAddress tcp = address(channel);
        if (tcp != null) {
            String host = tcp.getAddress().getHostAddress();
            return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + tcp.getPort();
        }
        try {
            if (channel instanceof AFUNIXSocketChannel unix) {
                AFUNIXSocketCredentials peer = unix.getPeerCredentials();
                return "process " + peer.getPid() + " of user " + peer.getUid();
            }
            Object user = SocketOptions.get(channel, "SO_PEERCRED");
            if (user != null) {
                // A record of java.base's neighbour jdk.net: UnixDomainPrincipal[user=NAME, group=NAME]
                return user.toString().replaceAll(".*\\[user=(.*), group=.*", "user $1");
            }
        } catch (IOException | RuntimeException e) {
            // Closed in this moment.
        }
        return "a peer that has gone";
    }

    static boolean isUnix(SocketChannel channel) {
        return channel instanceof AFUNIXSocketChannel || remote(channel) instanceof UnixDomainSocketAddress;
    }

    /// The address of a TCP peer, or null.
    static @Nullable InetSocketAddress address(SocketChannel channel) {
        return tcp(remote(channel));
    }

    private static @Nullable InetSocketAddress tcp(@Nullable SocketAddress address) {
        return switch (address) {
            case AFGenericSocketAddress raw -> parse(raw.toBytes());
            case AFSocketAddress _ -> null; // An InetSocketAddress by name only.
            case InetSocketAddress tcp -> tcp;
            case null, default -> null;
        };
    }

    /// Where a TCP socket listens, also one that was handed over; null for a Unix socket.
    public static @Nullable InetSocketAddress local(ServerSocketChannel channel) {
        try {
            return tcp(channel.getLocalAddress());
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    private static @Nullable SocketAddress remote(SocketChannel channel) {
        try {
            return channel.getRemoteAddress();
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /// What a TCP socket that was handed over says: the kernel's `struct sockaddr_in` or `sockaddr_in6`.
    static @Nullable InetSocketAddress parse(byte[] raw) {
        if (raw.length < 8) {
            return null;
        }
        int family = raw[0] | raw[1]; // in the machine's byte order, and small
        int port = (raw[2] & 0xff) << 8 | (raw[3] & 0xff);
        byte[] address = family == AF_INET
                ? Arrays.copyOfRange(raw, 4, 8)
                : family == AF_INET6 && raw.length >= 24 ? Arrays.copyOfRange(raw, 8, 24) : new byte[0];
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (java.net.UnknownHostException e) {
            return null;
        }
    }
}
