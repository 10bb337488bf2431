package dev.penstock.server;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// Accepts connections on one listening socket.
///
/// The thread that accepts a connection serves it: a hand-over to another thread would cost a context
/// switch per request where the web server opens a connection for each (mod_fcgid, nginx by default).
/// Before it serves, it makes sure that another thread waits in accept.
public final class Listener implements Closeable {
    /// Serves connections.
    public interface Handler {
        /// Reads one connection on the calling thread, until there is nothing more to read. The answer may
        /// be under way still when this returns.
        ///
        /// @param over called once, by any thread, when the connection is closed
        void serve(SocketChannel connection, Runnable over);

        /// `max_connections` are open and another one waits.
        ///
        /// @return whether one of them will soon be closed
        default boolean makeRoom() {
            return false;
        }

        /// A connection of a peer that may not connect has come; it is closed.
        default void refused(SocketChannel connection) {}
    }

    /// How often it is tried again to make room for a connection, milliseconds.
    private static final long CROWDED_MS = 20;

    /// Threads that may wait in accept at once: one, and one that has just come back.
    private static final int MAX_WAITING = 2;

    private static final long PAUSE_AFTER_FAILURE_MS = 100;

    private final String name;
    private final ServerSocketChannel socket;
    private final Predicate<SocketChannel> clients;
    private final Handler handler;
    private final ConnectionThreads threads;
    private final Semaphore connections;
    private final EventLog log;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger active = new AtomicInteger();
    private volatile boolean released;

    /// For a socket to which everybody may connect who can.
    public Listener(
            String name,
            ServerSocketChannel socket,
            Handler handler,
            ConnectionThreads threads,
            Semaphore connections,
            EventLog log) {
        this(name, socket, connection -> true, handler, threads, connections, log);
    }

    /// @param name the address, for the log and the status
    /// @param clients who may connect
    /// @param connections permits shared by all listeners: `max_connections`
    public Listener(
            String name,
            ServerSocketChannel socket,
            Predicate<SocketChannel> clients,
            Handler handler,
            ConnectionThreads threads,
            Semaphore connections,
            EventLog log) {
        this.name = name;
        this.socket = socket;
        this.clients = clients;
        this.handler = handler;
        this.threads = threads;
        this.connections = connections;
        this.log = log;
    }

    public String name() {
        return name;
    }

    /// The socket, to hand it on to another server. This listener does not close it then.
    public ServerSocketChannel socket() {
        return socket;
    }

    /// Connections of this listener that are being served.
    public int active() {
        return active.get();
    }

    public void start() {
        threads.execute(this::acceptAndServe);
    }

    private void acceptAndServe() {
        while (socket.isOpen() && !released && waiting.get() < MAX_WAITING) {
            try {
                serve(accept());
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException e) {
                log.warning(name, "cannot accept a connection: " + e.getMessage());
                pause();
            }
        }
    }

    private void serve(SocketChannel connection) {
        if (!clients.test(connection)) {
            handler.refused(connection);
            Quietly.close(connection);
            return;
        }
        active.incrementAndGet();
        awaitRoom();
        handler.serve(connection, () -> {
            connections.release();
            active.decrementAndGet();
        });
    }

    private void awaitRoom() {
        while (!connections.tryAcquire()) {
            handler.makeRoom();
            try {
                if (connections.tryAcquire(CROWDED_MS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                connections.acquireUninterruptibly();
                return;
            }
        }
    }

    private SocketChannel accept() throws IOException {
        waiting.incrementAndGet();
        int left;
        SocketChannel connection;
        try {
            if (released) {
                throw new ClosedChannelException();
            }
            connection = socket.accept();
        } finally {
            left = waiting.decrementAndGet();
        }
        if (left == 0 && !released) {
            threads.execute(this::acceptAndServe);
        }
        return connection;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Stops accepting without harm to the socket, which another process holds too and will use again:
    /// what waits in its backlog is for the next server. (Closing the channel would shut the socket down
    /// for everybody.) Connections that are being served go on.
    public void release() {
        released = true;
        for (int i = waiting.get(); i > 0; i--) {
            wakeOne();
        }
    }

    /// An empty connection of our own: the only way to get a thread out of accept that leaves the socket alone.
    private void wakeOne() {
        try {
            InetSocketAddress tcp = PeerName.local(socket);
            if (tcp != null) {
                boolean any = tcp.getAddress().isAnyLocalAddress();
                SocketChannel.open(any ? new InetSocketAddress(InetAddress.getLoopbackAddress(), tcp.getPort()) : tcp)
                        .close();
            } else if (socket.getLocalAddress() instanceof AFUNIXSocketAddress unix) {
                AFUNIXSocketChannel.open(unix).close();
            } else {
                SocketChannel.open(socket.getLocalAddress()).close();
            }
        } catch (IOException | IllegalArgumentException e) {
            log.event(EventLog.Level.DEBUG, name, "cannot wake a thread in accept: " + e.getMessage());
        }
    }

    /// Stops accepting and closes the socket. Connections that are being served go on.
    @Override
    public void close() {
        Quietly.close(socket);
    }
}
