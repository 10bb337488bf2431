package dev.penstock.server;

import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Where SCGI or uwsgi comes in: everything that the connections of one such protocol share. Bounds, path truth,
/// counters, buffers and application are those of the server's [FastCgiGate].
public final class PlainGate implements Listener.Handler, Poller.Gate {
    private final PlainProtocol protocol;
    private final FastCgiGate server;
    private final Complaints complaints;
    private final Set<PlainConnection> connections = ConcurrentHashMap.newKeySet();

    public PlainGate(PlainProtocol protocol, FastCgiGate server) {
        this.protocol = protocol;
        this.server = server;
        this.complaints = new Complaints(server.log(), name(), server.counters(), System::nanoTime);
    }

    /// Reads one connection on the calling thread until it is over: to the end, so that a client's abort is noticed.
    @Override
    public void serve(SocketChannel channel, Runnable over) {
        open(channel, over).run();
    }

    @Override
    public PlainConnection open(SocketChannel channel, Runnable over) {
        KeepAlive.set(channel, server.bounds().times().tcpKeepAlive());
        PlainConnection connection = new PlainConnection(channel, this, over);
        connections.add(connection);
        return connection;
    }

    /// A connection is over and closed.
    void over(PlainConnection connection) {
        connections.remove(connection);
    }

    @Override
    public boolean makeRoom() {
        return server.makeRoom();
    }

    @Override
    public void refused(SocketChannel connection) {
        server.refused(connection);
    }

    /// What to tell of peers.
    Complaints complaints() {
        return complaints;
    }

    /// Closes connections whose peer's time is up. Called about once a second.
    public void tick() {
        long now = System.nanoTime();
        connections.forEach(connection -> connection.expire(now));
        complaints.tick();
    }

    /// Connections that are open now.
    public int connections() {
        return connections.size();
    }

    /// Connections that have a request on its way in or out.
    public long busy() {
        return connections.stream().filter(PlainConnection::isBusy).count();
    }

    /// The protocol's name, for the log.
    String name() {
        return protocol.name().toLowerCase(Locale.ROOT);
    }

    PlainProtocol protocol() {
        return protocol;
    }

    FastCgiGate server() {
        return server;
    }
}
