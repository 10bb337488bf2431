package dev.penstock.http;

import dev.penstock.server.Application;
import dev.penstock.server.Bounds;
import dev.penstock.server.EventLog;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;

/// Answers HTTP requests on one TCP address.
///
/// [#start] binds; from then on Jetty's threads call the application. [#stop] ends in order. Both are
/// called once, in this order, by whoever owns the listener.
public final class HttpListener {
    /// Room for the head of a response, before more is taken for a large one.
    private static final int FIRST_HEAD_BYTES = 8 * 1024;

    /// What Jetty adds to an application's head: the status line, Date, Connection.
    private static final int ROOM_FOR_OURS_BYTES = 1024;

    private static final int MIN_THREADS = 2;
    private static final int KEEP_THREADS_MS = 20_000;

    /// When it stops, how long a connection may be silent before it is closed; requests in flight are not counted.
    private static final int SHUTDOWN_IDLE_MS = 500;

    private final Server server;
    private final ServerConnector connector;
    /// What was asked for, and once started what it has become.
    private volatile InetSocketAddress address;

    /// @param address port 0 lets the system choose
    /// @param bounds `maxConnections` counts the connections of this listener; the request line and headers
    ///     together have the bound of a FastCGI request's variables, a response's head its own; a browser keeps
    ///     connections open, and one that is silent for `head_timeout` is closed, within a request or response too
    /// @param maxThreads how many threads may read requests and call the application at once; 4 to 32 is plenty,
    ///     because none waits for a client or a worker
    public HttpListener(
            InetSocketAddress address, Application application, Bounds bounds, EventLog log, int maxThreads) {
        this(address, application, bounds, log, maxThreads, bounds.times().head());
    }

    /// For tests that see a client being given up.
    HttpListener(
            InetSocketAddress address,
            Application application,
            Bounds bounds,
            EventLog log,
            int maxThreads,
            Duration idle) {
        this.address = address;
        QueuedThreadPool threads = new QueuedThreadPool(maxThreads, MIN_THREADS, KEEP_THREADS_MS);
        threads.setName("http");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        server = new Server(threads, new ScheduledExecutorScheduler("http-clock", true), null);
        // One acceptor thread: without it a closed socket goes on listening until the selector next wakes up.
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(configuration(bounds)));
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        connector.setIdleTimeout(idle.toMillis());
        connector.setShutdownIdleTimeout(SHUTDOWN_IDLE_MS);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(bounds.maxConnections(), server));
        server.setHandler(new GracefulHandler(new Gate(application, bounds, log)));
        server.setErrorHandler(new PlainErrors());
    }

    private static HttpConfiguration configuration(Bounds bounds) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(bounds.parameters().maxParameterBytes());
        http.setResponseHeaderSize(Math.min(FIRST_HEAD_BYTES, bounds.maxResponseHead()));
        http.setMaxResponseHeaderSize(bounds.maxResponseHead() + ROOM_FOR_OURS_BYTES);
        // An application gets the path as it was written: `//`, `%2F` and `..` mean what it says they mean.
        http.setUriCompliance(UriCompliance.UNSAFE);
        return http;
    }

    /// Binds the address and begins to answer.
    ///
    /// @throws IOException that names the address when it cannot be bound
    public void start() throws IOException {
        try {
            connector.open();
            address = new InetSocketAddress(address.getHostString(), connector.getLocalPort());
            server.start();
        } catch (Exception e) {
            connector.close();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("cannot listen on " + display(address) + ": " + cause.getMessage(), e);
        }
    }

    /// Where it listens, with the real port. Valid once started.
    public InetSocketAddress address() {
        return address;
    }

    /// The address to type into a browser: `http://127.0.0.1:8080/`.
    public String url() {
        return "http://" + display(address) + "/";
    }

    /// Connections that are open now.
    public int connections() {
        return connector.getConnectedEndPoints().size();
    }

    private static String display(InetSocketAddress address) {
        String host = address.getHostString();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /// Stops accepting, waits until the requests in flight are answered, at most for `grace`, and closes.
    public void stop(Duration grace) {
        server.setStopTimeout(grace.toMillis());
        try {
            server.stop();
        } catch (Exception e) {
            // What is still open after the grace is cut; nothing is left that could be done for it.
            connector.close();
        }
    }
}
