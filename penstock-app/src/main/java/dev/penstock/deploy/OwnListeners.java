package dev.penstock.deploy;

import dev.penstock.server.AllowedClients;
import dev.penstock.server.Listener;
import dev.penstock.server.PeerName;
import dev.penstock.server.Poller;
import dev.penstock.server.Quietly;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/// The listeners that no dispatch has handed over: those that the server opens itself, as `fcgi`, `scgi` and
/// `uwsgi` say, and those that it was started with ([Activation]).
final class OwnListeners implements AutoCloseable {
    private final SocketRights rights;
    private final ClientRules rules;
    private final Path temporary;
    private final ListenerMaker maker;
    private final List<ServerSocketChannel> sockets = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final List<Listener> adopted = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();

    /// Makes the listener of a socket that the poller cannot poll.
    interface ListenerMaker {
        Listener make(
                String name, ServerSocketChannel socket, Predicate<SocketChannel> clients, Listener.Handler handler);
    }

    /// @param temporary a folder of our own
    OwnListeners(SocketRights rights, ClientRules rules, Path temporary, ListenerMaker maker) {
        this.rights = rights;
        this.rules = rules;
        this.temporary = temporary;
        this.maker = maker;
    }

    /// Opens all of them and gives to the poller what it can poll.
    ///
    /// @param protocol its name, for the status
    /// @throws IOException that names the address that cannot be listened on; then none is open
    <G extends Poller.Gate & Listener.Handler> void open(
            String protocol, List<ListenAddress> wanted, Poller poller, G gate) throws IOException {
        try {
            for (ListenAddress address : wanted) {
                try {
                    open(protocol, address, poller, gate);
                } catch (IOException e) {
                    throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private <G extends Poller.Gate & Listener.Handler> void open(
            String protocol, ListenAddress address, Poller poller, G gate) throws IOException {
        switch (address) {
            case ListenAddress.Tcp tcp -> {
                InetSocketAddress at = tcp.resolve();
                AllowedClients clients = rules.own(at, address.toString());
                ServerSocketChannel socket = ServerSocketChannel.open();
                sockets.add(socket);
                poller.listen(socket.bind(at, ListenAddress.BACKLOG), clients, gate);
                addresses.add(protocol + " " + shown(socket.getLocalAddress()));
            }
            case ListenAddress.Unix(Path path) -> {
                ServerSocketChannel socket = rights.bind(path);
                sockets.add(socket);
                files.add(path);
                poller.listen(socket, connection -> true, gate);
                addresses.add(protocol + " " + path);
            }
            case ListenAddress.Abstract(String name) -> {
                Predicate<SocketChannel> clients = rights.forAbstract(temporary);
                listen(listeners, maker.make(protocol + " " + address, bind(name), clients, gate));
            }
        }
    }

    private void listen(List<Listener> list, Listener listener) {
        list.add(listener);
        addresses.add(listener.name());
        listener.start();
    }

    /// Accepts on sockets that the server was started with.
    ///
    /// @throws IOException when it must not, see [ClientRules]
    void adopt(List<ServerSocketChannel> handedOver, Listener.Handler fastCgi) throws IOException {
        for (ServerSocketChannel socket : handedOver) {
            Predicate<SocketChannel> clients = rules.handedOver(socket);
            InetSocketAddress tcp = PeerName.local(socket);
            SocketAddress address = tcp == null ? socket.getLocalAddress() : tcp;
            listen(adopted, maker.make("fastcgi " + shown(address) + " (handed over)", socket, clients, fastCgi));
        }
    }

    private static ServerSocketChannel bind(String name) throws IOException {
        AFUNIXServerSocketChannel channel = AFUNIXServerSocketChannel.open();
        try {
            channel.bind(AFUNIXSocketAddress.inAbstractNamespace(name), ListenAddress.BACKLOG);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /// Where they listen, with real ports.
    List<String> addresses() {
        return List.copyOf(addresses);
    }

    private static String shown(SocketAddress address) {
        return switch (address) {
            case AFUNIXSocketAddress unix
            when unix.isInAbstractNamespace() ->
                "@" + new String(unix.getPathAsBytes(), StandardCharsets.UTF_8).substring(1);
            case AFUNIXSocketAddress unix -> unix.getPath();
            case InetSocketAddress tcp -> tcp.getHostString() + ":" + tcp.getPort();
            default -> address.toString();
        };
    }

    /// Stops accepting and removes the sockets' files. Sockets that somebody else has opened live on.
    @Override
    public void close() {
        sockets.forEach(Quietly::close);
        listeners.forEach(Listener::close);
        adopted.forEach(Listener::release);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Stale sockets are removed at the next start.
            }
        }
    }
}
