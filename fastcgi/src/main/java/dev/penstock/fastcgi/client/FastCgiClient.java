package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Reply;
import java.net.SocketAddress;

/// A client of one FastCGI application, at a Unix socket or a TCP address. For any number of threads.
///
/// Requests go over connections that are kept, each with one request at a time or, where the application
/// says that it can (FCGI_MPXS_CONNS), with several. The request is sent by a thread of its own, so an
/// application may write as much as it likes before it reads the body.
///
/// A request is sent again, at most twice, when a connection that was kept turns out to be closed before a
/// byte of the response came and its method may be repeated, or when the application will not multiplex;
/// never past its deadlines.
public final class FastCgiClient implements AutoCloseable {
    private static final int MAX_TRIES = 3;

    private final ClientOptions options;
    private final Connections connections;

    /// A client with [ClientOptions#DEFAULT].
    public FastCgiClient(SocketAddress address) {
        this(address, ClientOptions.DEFAULT);
    }

    /// A client of your own making. Nothing is connected before the first request.
    ///
    /// @param address a UnixDomainSocketAddress or an InetSocketAddress; of one that is unresolved, all
    ///     addresses of its name are tried
    public FastCgiClient(SocketAddress address, ClientOptions options) {
        this.options = options;
        this.connections = new Connections(address, options);
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// @throws FastCgiFailure when there is none
    public ClientResponse send(ClientRequest request) throws FastCgiFailure {
        Schedule schedule = new Schedule(request.deadlinesOr(options.deadlines()));
        for (int tries = 1; ; tries++) {
            Connections.Begun begun = connections.begin(schedule);
            try {
                begun.connection().send(begun.exchange(), request);
                return ClientResponse.await(begun.connection(), begun.exchange(), options);
            } catch (FastCgiFailure e) {
                begun.connection().giveUp(begun.exchange());
                if (tries == MAX_TRIES || !isWorthAnotherTry(e, begun.exchange(), request)) {
                    throw e;
                }
            }
        }
    }

    private boolean isWorthAnotherTry(FastCgiFailure e, Exchange exchange, ClientRequest request) {
        if (e.kind() == FastCgiFailure.Kind.CLOSED) {
            connections.closeIdle(); // Those that were kept with it have probably gone, too.
            return exchange.isReused() && !exchange.isAnswered() && request.isRepeatable();
        }
        Reply.End end = exchange.end();
        if (end != null && end.status() == ProtocolStatus.CANT_MPX_CONN && isMultiplexed()) {
            connections.doNotMultiplex();
            return e.kind() == FastCgiFailure.Kind.REFUSED && request.hasRepeatableContent();
        }
        return false;
    }

    /// Whether the application takes several requests at once on a connection, as far as it is known.
    public boolean isMultiplexed() {
        return connections.capacity() > 1;
    }

    /// Closes all connections; what is under way fails.
    @Override
    public void close() {
        connections.close();
    }
}
