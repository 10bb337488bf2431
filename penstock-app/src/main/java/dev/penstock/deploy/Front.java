package dev.penstock.deploy;

import dev.penstock.http.HttpListener;
import dev.penstock.server.Application;
import dev.penstock.server.ConnectionThreads;
import dev.penstock.server.EventLog;
import dev.penstock.server.FastCgiGate;
import dev.penstock.server.Listener;
import dev.penstock.server.PathTruth;
import dev.penstock.server.PlainGate;
import dev.penstock.server.PlainProtocol;
import dev.penstock.server.Poller;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All ways in to the application of one server: the gates of the protocols, and the sockets that requests
/// come in by. Opened and closed by the threads that start and stop the server; everything else is for any
/// thread.
final class Front {
    private static final int HTTP_THREADS = 16;

    /// A kept connection that has been idle for so long when the server ends is closed; a request may just be on its
    /// way on another.
    private static final long IDLE_AT_THE_END_NANOS = 200_000_000L;

    private final Settings settings;
    private final Application application;
    private final ConnectionThreads threads;
    private final EventLog log;
    private final FastCgiGate fastCgi;
    private final PlainGate scgi;
    private final PlainGate uwsgi;
    private final Semaphore connections;
    private final ClientRules clientRules;
    private final OwnListeners own;
    private volatile @Nullable Poller poller;
    private volatile @Nullable HttpListener http;

    /// @param directory the instance's, for files that nobody else sees
    /// @throws IOException when what says who may connect cannot be read
    Front(Deployment deployment, Path directory, Application application, ConnectionThreads threads, EventLog log)
            throws IOException {
        this.settings = deployment.settings();
        this.application = application;
        this.threads = threads;
        this.log = log;
        this.connections = new Semaphore(settings.get(Settings.MAX_CONNECTIONS));
        this.fastCgi =
                new FastCgiGate(Boundaries.of(settings, directory), pathTruth(deployment), application, threads, log);
        this.scgi = new PlainGate(PlainProtocol.SCGI, fastCgi);
        this.uwsgi = new PlainGate(PlainProtocol.UWSGI, fastCgi);
        this.clientRules = ClientRules.of(settings, System.getenv());
        this.own = new OwnListeners(socketRights(settings), clientRules, directory, this::listener);
    }

    private static PathTruth pathTruth(Deployment deployment) {
        String script = deployment.target() instanceof Target.Script(Path path)
                ? path.getFileName().toString()
                : null;
        return new PathTruth(deployment.settings().get(Settings.SCRIPT_NAME), script);
    }

    private static SocketRights socketRights(Settings settings) {
        return new SocketRights(
                settings.get(Settings.FCGI_MODE), settings.get(Settings.FCGI_OWNER), settings.get(Settings.FCGI_GROUP));
    }

    /// Opens the listeners that the settings name, and those that the server was started with.
    ///
    /// @throws IOException that names the first that cannot be opened; [#close] is still to be called
    void listen(Activation activation) throws IOException {
        if (!settings.get(Settings.FCGI).isEmpty()
                || !settings.get(Settings.SCGI).isEmpty()
                || !settings.get(Settings.UWSGI).isEmpty()) {
            Poller opened = new Poller(fastCgi, threads, log, connections);
            own.open("fastcgi", settings.get(Settings.FCGI), opened, fastCgi);
            own.open("scgi", settings.get(Settings.SCGI), opened, scgi);
            own.open("uwsgi", settings.get(Settings.UWSGI), opened, uwsgi);
            poller = opened;
            Thread thread = new Thread(opened, "poller");
            thread.setDaemon(true);
            thread.start();
        }
        own.adopt(activation.open(), fastCgi);
        ListenAddress.Tcp address = settings.get(Settings.HTTP).orElse(null);
        if (address != null) {
            HttpListener opened = new HttpListener(
                    new InetSocketAddress(address.host(), address.port()),
                    application,
                    fastCgi.bounds(),
                    log,
                    HTTP_THREADS);
            opened.start();
            http = opened;
        }
    }

    private Listener listener(
            String name, ServerSocketChannel socket, Predicate<SocketChannel> clients, Listener.Handler handler) {
        return new Listener(name, socket, clients, handler, threads, connections, log);
    }

    /// The listener of a socket that a dispatch has handed over.
    ///
    /// @throws IllegalArgumentException when it must not be served
    Listener dispatched(ServerSocketChannel socket) {
        try {
            // lighttpd can spawn a dispatch with a TCP socket.
            return listener("dispatch", socket, clientRules.handedOver(socket), fastCgi);
        } catch (IOException e) {
            log.error("dispatch", String.valueOf(e.getMessage()));
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /// Serves the one request of a CGI program on the calling thread.
    void cgi(SocketChannel connection) {
        connections.acquireUninterruptibly();
        scgi.serve(connection, connections::release);
    }

    /// Looks at deadlines. Called about once a second.
    void tick() {
        fastCgi.tick();
        scgi.tick();
        uwsgi.tick();
    }

    /// Closes kept connections that are idle. False when nothing is left that may have a request on its way.
    boolean closesIdle() {
        fastCgi.closeIdle(IDLE_AT_THE_END_NANOS);
        return fastCgi.connections() + scgi.busy() + uwsgi.busy() > 0;
    }

    /// Connections that are open now.
    int connections() {
        HttpListener web = http;
        return fastCgi.connections() + scgi.connections() + uwsgi.connections() + (web == null ? 0 : web.connections());
    }

    FastCgiGate.Counters counters() {
        return fastCgi.counters();
    }

    /// Where it listens, as a person would write it, with real ports.
    List<String> addresses() {
        List<String> addresses = new ArrayList<>(own.addresses());
        HttpListener web = http;
        if (web != null) {
            addresses.add(web.url());
        }
        return addresses;
    }

    /// Accepts nothing more; what is there goes on, but for HTTP, which ends within `grace`.
    void close(Duration grace) {
        own.close();
        Poller polling = poller;
        if (polling != null) {
            polling.close();
        }
        HttpListener web = http;
        if (web != null) {
            web.stop(grace);
        }
    }

    /// Closes the connections that are left.
    void end() {
        Poller polling = poller;
        if (polling != null) {
            polling.end();
        }
    }
}
