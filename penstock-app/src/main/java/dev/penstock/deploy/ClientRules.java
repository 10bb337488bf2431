package dev.penstock.deploy;

import dev.penstock.server.AllowedClients;
import dev.penstock.server.PeerName;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Who may connect to a TCP socket: whom `allowed_clients` names, or this machine where only this machine can.
/// A socket that was handed over comes with a list of its own, FCGI_WEB_SERVER_ADDRS (FastCGI 3.2), which
/// counts beside ours.
///
/// @param allowed `allowed_clients`, where it was said
/// @param webServers FCGI_WEB_SERVER_ADDRS, where it was said
record ClientRules(Optional<AllowedClients> allowed, Optional<AllowedClients> webServers) {
    static final String VARIABLE = "FCGI_WEB_SERVER_ADDRS";

    /// @throws IOException when FCGI_WEB_SERVER_ADDRS is there and cannot be read
    static ClientRules of(Settings settings, Map<String, String> environment) throws IOException {
        String addresses = environment.get(VARIABLE);
        return new ClientRules(
                settings.get(Settings.ALLOWED_CLIENTS),
                addresses == null ? Optional.empty() : Optional.of(parse(addresses)));
    }

    private static AllowedClients parse(String addresses) throws IOException {
        try {
            return AllowedClients.parse(
                    addresses.isBlank() ? List.of() : List.of(addresses.strip().split("\\s*,\\s*")));
        } catch (IllegalArgumentException e) {
            throw new IOException(VARIABLE + ": expected " + e.getMessage(), e);
        }
    }

    /// For a listener of our own on this address.
    ///
    /// @throws IOException that says what to write, when nobody has said who may connect
    AllowedClients own(InetSocketAddress address, String shown) throws IOException {
        if (allowed.isPresent()) {
            return allowed.get();
        }
        if (address.getAddress().isLoopbackAddress()) {
            return AllowedClients.LOOPBACK;
        }
        throw new IOException(
                shown + " can be reached from other machines, and whoever reaches it can be anybody to the"
                        + " application. Say which web servers may: allowed_clients = 192.0.2.10 (addresses and networks), or"
                        + " listen on 127.0.0.1:" + address.getPort());
    }

    /// For a socket that was handed over.
    ///
    /// @throws IOException as [#own]
    Predicate<SocketChannel> handedOver(ServerSocketChannel socket) throws IOException {
        InetSocketAddress address = PeerName.local(socket);
        if (address == null) {
            return connection -> true; // A Unix socket: whoever has made it decides.
        }
        if (webServers.isEmpty()) {
            return own(address, "The socket that was handed over, " + address + ",");
        }
        AllowedClients listed = webServers.get();
        return allowed.isPresent() ? listed.and(allowed.get()) : listed;
    }
}
