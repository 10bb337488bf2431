package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.Role;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Where FastCGI comes in: everything that the connections of one server share.
public final class FastCgiGate implements Listener.Handler, Poller.Gate {
    private static final List<String> DROPPED_WHEN_EMPTY = List.of("CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_USER");

    private final Bounds bounds;
    private final PathTruth pathTruth;
    private final Application application;
    private final ConnectionThreads threads;
    private final EventLog log;
    private final Counters counters = new Counters();
    private final BufferPool buffers = new BufferPool();
    private final Set<FastCgiConnection> connections = ConcurrentHashMap.newKeySet();

    /// What happened so far, for the status.
    public static final class Counters {
        public final LongAdder requests = new LongAdder();
        public final LongAdder protocolErrors = new LongAdder();
        /// Requests whose client went before the answer was out.
        public final LongAdder clientsGone = new LongAdder();
        /// Requests that were answered with OVERLOADED, CANT_MPX_CONN or UNKNOWN_ROLE.
        public final LongAdder refused = new LongAdder();
        public final LongAdder timedOut = new LongAdder();
    }

    public FastCgiGate(
            Bounds bounds, PathTruth pathTruth, Application application, ConnectionThreads threads, EventLog log) {
        this.bounds = bounds;
        this.pathTruth = pathTruth;
        this.application = application;
        this.threads = threads;
        this.log = log;
    }

    @Override
    public void serve(SocketChannel channel, Runnable over) {
        open(channel, over).run();
    }

    /// A new connection, for whoever reads from it.
    ///
    /// @param over called once, by any thread, when the connection is closed
    @Override
    public FastCgiConnection open(SocketChannel channel, Runnable over) {
        FastCgiConnection connection = new FastCgiConnection(channel, this, over);
        connections.add(connection);
        return connection;
    }

    /// A connection is over and closed.
    void over(FastCgiConnection connection) {
        connections.remove(connection);
    }

    /// Closes connections whose peer's time is up. Called about once a second.
    public void tick() {
        long now = System.nanoTime();
        connections.forEach(connection -> connection.expire(now));
    }

    /// Connections that are open now.
    public int connections() {
        return connections.size();
    }

    /// Connections that have a request on its way in or out.
    public long busy() {
        return connections.stream().filter(FastCgiConnection::isBusy).count();
    }

    public Counters counters() {
        return counters;
    }

    /// A request is complete. Makes its variables what applications expect, whatever protocol they came by, and
    /// hands it over.
    void handle(Request request, Response response) {
        counters.requests.increment();
        Parameters environ = request.environ();
        pathTruth.apply(environ);
        if (isHttps(environ)) {
            environ.set("wsgi.url_scheme", "https");
        }
        dropEmpty(environ);
        application.handle(request, response);
    }

    /// Whether the application takes requests in this role.
    boolean serves(Role role) {
        return application.roles().contains(role);
    }

    /// Why a request gets OVERLOADED.
    String tooManyRequests() {
        return "is one too many on its connection (max_requests_per_connection = "
                + bounds.parameters().maxConcurrentRequests() + ")";
    }

    /// Apache and nginx set HTTPS to `on`, others to `1`; without it the scheme is http.
    private static boolean isHttps(Parameters environ) {
        String https = environ.get("HTTPS", "");
        return https.equalsIgnoreCase("on") || https.equals("1");
    }

    /// A variable that the web server did not set must be absent, not empty (nginx sends empty ones).
    private static void dropEmpty(Parameters environ) {
        for (String name : DROPPED_WHEN_EMPTY) {
            int pair = environ.find(name);
            if (pair >= 0 && environ.valueLength(pair) == 0) {
                environ.remove(name);
            }
        }
        environ.remove("HTTP_PROXY"); // Would become the proxy of the application's own requests (httpoxy).
        environ.remove("HTTP_TRANSFER_ENCODING"); // Undone by the web server; Bottle would undo it again.
    }

    /// The values that a web server asked for (FastCGI 4.1); unknown names are left out.
    Parameters values(List<String> names) {
        Parameters values = new Parameters();
        for (String name : names) {
            switch (name) {
                case "FCGI_MAX_CONNS" -> values.set(name, Integer.toString(bounds.maxConnections()));
                // Of all connections, says the specification; HAProxy takes it for a connection's.
                case "FCGI_MAX_REQS" ->
                    values.set(name, Integer.toString(bounds.parameters().maxConcurrentRequests()));
                case "FCGI_MPXS_CONNS" -> values.set(name, "1");
                default -> {}
            }
        }
        return values;
    }

    String name() {
        return "fastcgi";
    }

    Bounds bounds() {
        return bounds;
    }

    ConnectionThreads threads() {
        return threads;
    }

    EventLog log() {
        return log;
    }

    BufferPool buffers() {
        return buffers;
    }
}
