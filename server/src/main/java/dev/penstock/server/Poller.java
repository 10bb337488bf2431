package dev.penstock.server;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// One thread that accepts on the listeners that the server opened itself and reads from all their
/// connections.
///
/// Web servers keep these connections open, and a thread for each would be woken for each request:
/// on two cores a request cost 38 microseconds in this process so, two thirds of them for changing
/// threads. (Sockets that were handed over by a dispatch cannot be polled together with others, see
/// [Listener].) A connection that has a body for a file is read by a thread of its own as
/// long as that body comes without a pause.
public final class Poller implements Runnable, Closeable {
    /// One protocol's side: makes the connections of the listeners that are its own.
    public interface Gate {
        /// A new connection, not yet read from.
        ///
        /// @param over called once, by any thread, when the connection is closed
        Connection open(SocketChannel channel, Runnable over);
    }

    /// What the poller has to know of a connection.
    public interface Connection {
        /// Reads once and does what that asks for. False when the connection is over; it is closed then.
        ///
        /// @param input any buffer; nothing of it is kept
        boolean readOnce(ByteBuffer input);

        /// Whether a body is on its way that is large enough for a file: work for a thread that others do not wait for.
        /// Asked by the reading thread.
        boolean isSpooling();
    }

    /// How long it takes at the most to see that a connection may be accepted again.
    private static final long FULL_MS = 10;

    /// A body that pauses for so long is waited for by the poller, so that slow ones hold no threads.
    private static final long PAUSE_MS = 100;
    /// How long it accepts nothing after the system could not, for want of descriptors, say.
    private static final long FAILED_NANOS = 100_000_000L;

    private final FastCgiGate gate;
    private final ConnectionThreads threads;
    private final EventLog log;
    private final Semaphore connections;
    private final Selector selector;
    private final Map<ServerSocketChannel, Predicate<SocketChannel>> listeners = new HashMap<>();
    private final ByteBuffer input = ByteBuffer.allocateDirect(BufferPool.BUFFER_BYTES);
    private volatile boolean accepting = true;
    /// A connection waits for which there is no room. By the poller's thread.
    private boolean crowded;

    private long acceptAgainNanos = System.nanoTime();

    /// @param connections permits shared by all listeners: `max_connections`; further ones wait in their backlogs
    public Poller(FastCgiGate gate, ConnectionThreads threads, EventLog log, Semaphore connections) throws IOException {
        this.gate = gate;
        this.threads = threads;
        this.log = log;
        this.connections = connections;
        this.selector = Selector.open();
    }

    /// Takes a bound listening socket; before [#run] only.
    ///
    /// @param clients who may connect
    /// @param protocol whose connections they are
    public void listen(ServerSocketChannel socket, Predicate<SocketChannel> clients, Gate protocol) throws IOException {
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_ACCEPT, protocol);
        listeners.put(socket, clients);
    }

    /// The loop; ends with [#end].
    @Override
    public void run() {
        while (selector.isOpen()) {
            try {
                boolean mayAccept = System.nanoTime() - acceptAgainNanos >= 0;
                listeners.keySet().forEach(socket -> accept(socket, mayAccept));
                selector.select(this::ready, mayAccept ? 0 : FULL_MS);
            } catch (IOException | java.nio.channels.ClosedSelectorException e) {
                if (selector.isOpen()) {
                    log.error(gate.name(), "the poller failed: " + e.getMessage());
                }
            }
        }
    }

    private void accept(ServerSocketChannel socket, boolean mayAccept) {
        SelectionKey key = socket.keyFor(selector);
        if (key != null && key.isValid()) {
            key.interestOps(mayAccept ? SelectionKey.OP_ACCEPT : 0);
        }
    }

    private void ready(SelectionKey key) {
        try {
            if (key.attachment() instanceof Connection connection) {
                readable(key, connection);
            } else {
                acceptFrom((ServerSocketChannel) key.channel(), (Gate) key.attachment());
            }
        } catch (CancelledKeyException | ClosedChannelException e) {
            // Closed by another thread in this moment.
        } catch (IOException e) {
            gate.makeRoomForDescriptors(e);
            acceptAgainNanos = System.nanoTime() + FAILED_NANOS;
        }
    }

    private void acceptFrom(ServerSocketChannel socket, Gate protocol) throws IOException {
        if (!accepting || !hasRoom()) {
            return;
        }
        SocketChannel channel = null;
        boolean served = false;
        try {
            channel = socket.accept();
            served = channel != null && mayConnect(socket, channel);
        } finally {
            if (!served) {
                Quietly.close(channel);
                connections.release();
            }
        }
        if (served) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, protocol.open(channel, connections::release));
        }
    }

    /// Takes a permit. Where there is none, an idle connection has to go: then its place is free within a moment.
    private boolean hasRoom() {
        if (connections.tryAcquire()) {
            crowded = false;
            return true;
        }
        if (!crowded) {
            crowded = true;
            gate.counters().reached("max_connections");
        }
        if (!gate.makeRoom()) {
            acceptAgainNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FULL_MS);
        }
        return false;
    }

    private boolean mayConnect(ServerSocketChannel socket, SocketChannel channel) {
        Predicate<SocketChannel> clients = listeners.get(socket);
        if (clients != null && clients.test(channel)) {
            return true;
        }
        gate.refused(channel);
        return false;
    }

    private void readable(SelectionKey key, Connection connection) throws IOException {
        if (!connection.readOnce(input)) {
            key.cancel();
        } else if (connection.isSpooling()) {
            key.interestOps(0);
            threads.execute(() -> spool(key, connection));
        }
    }

    /// Reads a connection that has a body for a file, on a thread of its own, until that body is complete
    /// or pauses. The connection's other requests are read here too meanwhile.
    private void spool(SelectionKey key, Connection connection) {
        ByteBuffer own = gate.buffers().take();
        boolean goesOn = true;
        try (Selector waiting = Selector.open()) {
            key.channel().register(waiting, SelectionKey.OP_READ);
            while (goesOn && connection.isSpooling() && waiting.select(ready -> {}, PAUSE_MS) > 0) {
                do {
                    goesOn = connection.readOnce(own);
                } while (goesOn && own.limit() == own.capacity());
            }
        } catch (IOException e) {
            log.event(EventLog.Level.DEBUG, gate.name(), "a body comes by the poller: " + e.getMessage());
        } finally {
            gate.buffers().give(own);
            giveBack(key, goesOn);
        }
    }

    private void giveBack(SelectionKey key, boolean goesOn) {
        if (goesOn && key.isValid()) {
            try {
                key.interestOps(SelectionKey.OP_READ);
                selector.wakeup();
            } catch (CancelledKeyException e) {
                // Closed by another thread in this moment.
            }
        }
    }

    /// Stops accepting; connections that are open go on.
    @Override
    public void close() {
        accepting = false;
        listeners.keySet().forEach(Quietly::close);
        selector.wakeup();
    }

    /// Ends the loop.
    public void end() {
        Quietly.close(selector);
    }
}
