package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Where FastCGI comes in: everything that the connections of one server share.
public final class FastCgiGate implements Listener.Handler, Poller.Gate {
    private static final List<String> DROPPED_WHEN_EMPTY = List.of("CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_USER");
    private static final long IDLE_AT_LEAST_NANOS = 1_000_000_000L;

    private final Bounds bounds;
    private final PathTruth pathTruth;
    private final Application application;
    private final ConnectionThreads threads;
    private final EventLog log;
    private final Counters counters = new Counters();
    private final BufferPool buffers = new BufferPool();
    private final Set<FastCgiConnection> connections = ConcurrentHashMap.newKeySet();
    private final Complaints complaints;
    /// Bytes held by requests that come in.
    private final AtomicLong held = new AtomicLong();

    /// The idle connection that was cut last; it may still be open.
    private @Nullable FastCgiConnection leaving;

    /// What happened so far, for the status.
    public static final class Counters {
        public final LongAdder requests = new LongAdder();
        public final LongAdder protocolErrors = new LongAdder();
        /// Requests whose client went before the answer was out.
        public final LongAdder clientsGone = new LongAdder();
        /// Requests that were answered with OVERLOADED, CANT_MPX_CONN or UNKNOWN_ROLE.
        public final LongAdder refused = new LongAdder();
        public final LongAdder timedOut = new LongAdder();
        /// Connections that `allowed_clients`, or the mode of an abstract socket, does not let in.
        public final LongAdder refusedClients = new LongAdder();
        /// Idle connections that were closed to make room for new ones.
        public final LongAdder madeRoom = new LongAdder();

        private final Map<String, LongAdder> limits = new ConcurrentSkipListMap<>();

        /// A limit was reached.
        ///
        /// @param setting its name
        public void reached(String setting) {
            limits.computeIfAbsent(setting, any -> new LongAdder()).increment();
        }

        /// How often each limit was reached, by the name of its setting; those that never were are left out.
        public Map<String, Long> limits() {
            Map<String, Long> counts = new TreeMap<>();
            limits.forEach((setting, count) -> counts.put(setting, count.sum()));
            return counts;
        }
    }

    public FastCgiGate(
            Bounds bounds, PathTruth pathTruth, Application application, ConnectionThreads threads, EventLog log) {
        this.bounds = bounds;
        this.pathTruth = pathTruth;
        this.application = application;
        this.threads = threads;
        this.log = log;
        this.complaints = new Complaints(log, name(), counters, System::nanoTime);
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
        KeepAlive.set(channel, bounds.times().tcpKeepAlive());
        FastCgiConnection connection = new FastCgiConnection(channel, this, over);
        connections.add(connection);
        return connection;
    }

    /// A connection is over and closed.
    void over(FastCgiConnection connection) {
        connections.remove(connection);
    }

    /// What to tell of peers.
    Complaints complaints() {
        return complaints;
    }

    @Override
    public void refused(SocketChannel channel) {
        String setting = PeerName.isUnix(channel) ? "fcgi_mode" : "allowed_clients";
        counters.refusedClients.increment();
        complaints.tell(
                setting,
                EventLog.Level.WARNING,
                "refused a connection from " + PeerName.of(channel) + " (" + setting + ")");
    }

    /// Sends a page of ours in the place of a head that is larger than `max_response_head`; false when it is not.
    boolean replaces(Head head, Response response, boolean withBody) {
        String limit = Pages.overHead(head, bounds);
        if (limit == null) {
            return false;
        }
        counters.reached("max_response_head");
        complaints.tell("max_response_head", EventLog.Level.WARNING, limit);
        Pages.send(response, withBody, 502, "Bad Gateway", limit);
        return true;
    }

    /// A listener cannot accept, and may not be able to for a while.
    private void cannotAccept(IOException e) {
        complaints.tell("accept", EventLog.Level.WARNING, "cannot accept a connection: " + e.getMessage());
    }

    /// What a connection holds of requests that come in is another number of bytes now. False when that is too
    /// much in all.
    boolean hold(long more) {
        return held.addAndGet(more) <= bounds.requestMemory();
    }

    /// Bytes that requests hold that come in.
    public long heldBytes() {
        return held.get();
    }

    /// Closes the connection that has been idle the longest, for one that waits. A connection that became
    /// idle within the last second stays: its next request may be on its way.
    ///
    /// @return whether a connection will soon be closed
    @Override
    public boolean makeRoom() {
        return makeRoom(bounds.maxConnections() + " connections are open", "max_connections");
    }

    /// The system gives no descriptors any more. An idle connection's will do.
    void makeRoomForDescriptors(IOException refusal) {
        cannotAccept(refusal);
        boolean _ = makeRoom("no descriptors are left", "ulimit -n");
    }

    private synchronized boolean makeRoom(String why, String limit) {
        FastCgiConnection last = leaving;
        if (last != null && last.isOpen()) {
            return true;
        }
        long now = System.nanoTime();
        FastCgiConnection longest = null;
        long longestNanos = IDLE_AT_LEAST_NANOS - 1;
        for (FastCgiConnection each : connections) {
            long idle = each.idleNanos(now);
            if (idle > longestNanos) {
                longest = each;
                longestNanos = idle;
            }
        }
        leaving = longest;
        if (longest == null) {
            return false;
        }
        counters.madeRoom.increment();
        longest.cut();
        String done = "; closed an idle one from " + longest.peer() + " for a new one (" + limit + ")";
        complaints.tell(limit, EventLog.Level.WARNING, why + done);
        return true;
    }

    /// Closes connections that have been idle for so long: the server is about to stop, and web servers keep them.
    public void closeIdle(long nanos) {
        long now = System.nanoTime();
        connections.forEach(connection -> {
            if (connection.idleNanos(now) >= nanos) {
                connection.cut();
            }
        });
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

    public Bounds bounds() {
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
