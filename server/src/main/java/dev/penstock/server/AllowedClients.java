package dev.penstock.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The addresses from which TCP connections are taken: single ones and networks. An empty list is nobody.
/// A Unix socket's file says itself who may connect; this list does not count there.
///
/// ```
/// 127.0.0.1   10.1.0.0/16   ::1   2001:db8::/32   ::ffff:10.1.2.3 is 10.1.2.3
/// ```
public final class AllowedClients implements Predicate<SocketChannel> {
    /// This machine.
    public static final AllowedClients LOOPBACK = parse(List.of("127.0.0.0/8", "::1"));

    private static final int MAPPED_BITS = 96;

    private final List<Network> networks;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Network(byte[] address, int bits, String text) {
        boolean has(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                if (bit(address, bit) != bit(other, bit)) {
                    return false;
                }
            }
            return true;
        }

        static boolean bit(byte[] bytes, int at) {
            return (bytes[at / 8] & (0x80 >> (at % 8))) != 0;
        }
    }

    private AllowedClients(List<Network> networks) {
        this.networks = List.copyOf(networks);
    }

    /// Reads addresses and networks.
    ///
    /// @throws IllegalArgumentException that says what was expected and names what was found, for a name above
    ///     all: what it means is for others to decide, and may be something else tomorrow
    public static AllowedClients parse(List<String> words) {
        List<Network> networks = new ArrayList<>();
        for (String word : words) {
            networks.add(network(word));
        }
        return new AllowedClients(networks);
    }

    private static Network network(String word) {
        int slash = word.indexOf('/');
        String text = slash < 0 ? word : word.substring(0, slash);
        byte[] address = address(text, word);
        boolean mapped = address.length == 4 && text.indexOf(':') >= 0;
        int most = mapped ? 128 : address.length * 8;
        int bits = slash < 0 ? most : bits(word.substring(slash + 1), most, word);
        if (mapped && bits < MAPPED_BITS) {
            throw expected(word);
        }
        int own = mapped ? bits - MAPPED_BITS : bits;
        for (int bit = own; bit < address.length * 8; bit++) {
            if (Network.bit(address, bit)) {
                throw new IllegalArgumentException("a network without bits behind its prefix, not " + word);
            }
        }
        return new Network(address, own, word);
    }

    /// Four bytes or sixteen; an IPv4-mapped address is four.
    private static byte[] address(String text, String word) {
        boolean isNumber =
                text.indexOf(':') >= 0 ? text.matches("[0-9a-fA-F:.]+") : text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
        if (!isNumber) {
            throw expected(word);
        }
        try {
            return InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException e) {
            throw expected(word);
        }
    }

    private static int bits(String text, int most, String word) {
        if (!text.matches("\\d{1,3}") || Integer.parseInt(text) > most) {
            throw expected(word);
        }
        return Integer.parseInt(text);
    }

    private static IllegalArgumentException expected(String word) {
        return new IllegalArgumentException(
                "numeric addresses and networks like 10.1.2.3, 10.1.0.0/16, ::1 or 2001:db8::/32, not " + word);
    }

    /// Whether connections from this address are taken.
    public boolean has(InetAddress address) {
        byte[] bytes = address.getAddress();
        return networks.stream().anyMatch(network -> network.has(bytes));
    }

    /// Whether this connection is taken: by a Unix socket any, by TCP one with an address that is known and
    /// in the list.
    @Override
    public boolean test(SocketChannel connection) {
        if (PeerName.isUnix(connection)) {
            return true;
        }
        InetSocketAddress peer = PeerName.address(connection);
        return peer != null && has(peer.getAddress());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AllowedClients clients && toString().equals(clients.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /// As [#parse] reads it, with blanks between.
    @Override
    public String toString() {
        return String.join(" ", networks.stream().map(Network::text).toList());
    }
}
