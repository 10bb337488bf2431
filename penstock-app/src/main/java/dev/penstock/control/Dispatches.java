package dev.penstock.control;

import dev.penstock.server.EventLog;
import dev.penstock.server.Listener;
import dev.penstock.server.Quietly;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.newsclub.net.unix.AFServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSelectorProvider;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/// The dispatches that have handed us their listening sockets. One thread watches all of them.
///
/// ```
/// ATTACHED --"detach"--> LEAVING --its connections are done--> gone
///     `------end of file: the process was killed--> ORPHANED --5 s--> gone
/// ```
public final class Dispatches implements Runnable {
    /// How often a leaving dispatch's connections are looked at; nothing else makes the thread wake up.
    private static final long LOOK_MS = 20;

    /// A web server notices a killed dispatch after a second or so, and sends it requests until then.
    private static final long ORPHAN_NANOS = 5_000_000_000L;

    /// Otherwise it sleeps; junixsocket's selector takes 0 for "do not wait".
    private static final long SLEEP_MS = 3_600_000;

    /// One dispatch as the status shows it.
    public record Status(long pid, String script, int connections) {}

    private static final class Dispatch {
        final long pid;
        final String script;
        final AFUNIXSocketChannel connection;
        final Listener listener;
        volatile boolean leaving;
        /// When the process died without a word, by [System#nanoTime]; 0 while it lives.
        volatile long orphanedNanos;

        Dispatch(long pid, String script, AFUNIXSocketChannel connection, Listener listener) {
            this.pid = pid;
            this.script = script;
            this.connection = connection;
            this.listener = listener;
        }
    }

    private final Function<ServerSocketChannel, Listener> listeners;
    private final EventLog log;
    private final Selector selector;
    private final ConcurrentLinkedQueue<Dispatch> arrived = new ConcurrentLinkedQueue<>();
    private final List<Dispatch> attached = new ArrayList<>();
    private volatile boolean open = true;
    private long emptySince = System.nanoTime();

    /// @param listeners makes the listener for a socket that was handed over, see [FastCgiGate]
    public Dispatches(Function<ServerSocketChannel, Listener> listeners, EventLog log) throws IOException {
        this.listeners = listeners;
        this.log = log;
        this.selector = AFUNIXSelectorProvider.provider().openSelector();
    }

    /// Takes a listening socket and accepts on it from now on. The connection is watched from now on.
    ///
    /// @return whether this is the first dispatch after there was none
    boolean attach(AFUNIXSocketChannel connection, FileDescriptor socket, String script, long pid) throws IOException {
        ServerSocketChannel channel = FileDescriptorCast.using(socket).as(ServerSocketChannel.class);
        if (channel instanceof AFServerSocketChannel<?> unix) {
            unix.setDeleteOnClose(false); // The file belongs to the web server.
        }
        Listener listener = listeners.apply(channel);
        boolean first;
        synchronized (attached) {
            if (!open) {
                throw new IOException("the server is stopping");
            }
            first = attached.stream().noneMatch(dispatch -> dispatch.orphanedNanos == 0);
            Dispatch dispatch = new Dispatch(pid, script, connection, listener);
            attached.add(dispatch);
            arrived.add(dispatch);
        }
        selector.wakeup();
        return first;
    }

    /// Lets the listener of an attached dispatch accept, once its attachment has been confirmed.
    void accept(AFUNIXSocketChannel connection) {
        synchronized (attached) {
            for (Dispatch dispatch : attached) {
                if (dispatch.connection == connection) {
                    dispatch.listener.start();
                }
            }
        }
    }

    @Override
    public void run() {
        ByteBuffer said = ByteBuffer.allocate(64);
        while (open) {
            try {
                register();
                selector.select(isAnyLeaving() ? LOOK_MS : SLEEP_MS);
                for (SelectionKey key : selector.selectedKeys()) {
                    hear(key, (Dispatch) key.attachment(), said.clear());
                }
                selector.selectedKeys().clear();
                releaseIdle();
            } catch (IOException e) {
                log.error("dispatch", "watching the dispatches failed: " + e.getMessage());
            }
        }
    }

    private void register() throws IOException {
        for (Dispatch each = arrived.poll(); each != null; each = arrived.poll()) {
            each.connection.configureBlocking(false);
            each.connection.register(selector, SelectionKey.OP_READ, each);
        }
    }

    private boolean isAnyLeaving() {
        synchronized (attached) {
            return attached.stream().anyMatch(dispatch -> dispatch.leaving || dispatch.orphanedNanos != 0);
        }
    }

    private void hear(SelectionKey key, Dispatch dispatch, ByteBuffer said) {
        int count;
        try {
            count = dispatch.connection.read(said);
        } catch (IOException e) {
            count = -1;
        }
        if (count < 0 && dispatch.leaving) {
            remove(dispatch);
        } else if (count < 0) {
            key.cancel(); // Closing the connection would close the socket that came by it.
            dispatch.orphanedNanos = System.nanoTime();
        } else if (count > 0 && !dispatch.leaving) {
            dispatch.leaving = true;
            dispatch.listener.close();
        }
    }

    private void releaseIdle() {
        List<Dispatch> done;
        synchronized (attached) {
            done = attached.stream().filter(Dispatches::isDone).toList();
        }
        done.forEach(this::remove);
    }

    private static boolean isDone(Dispatch dispatch) {
        return dispatch.leaving
                ? dispatch.listener.active() == 0
                : dispatch.orphanedNanos != 0 && System.nanoTime() - dispatch.orphanedNanos > ORPHAN_NANOS;
    }

    private void remove(Dispatch dispatch) {
        dispatch.listener.close();
        synchronized (attached) {
            attached.remove(dispatch);
            emptySince = System.nanoTime();
        }
        Quietly.close(dispatch.connection);
    }

    /// How long there has been no dispatch, in seconds; 0 while there is one.
    public long idleSeconds() {
        synchronized (attached) {
            return attached.isEmpty() ? (System.nanoTime() - emptySince) / 1_000_000_000 : 0;
        }
    }

    public List<Status> status() {
        synchronized (attached) {
            return attached.stream()
                    .filter(each -> each.orphanedNanos == 0)
                    .map(each -> new Status(each.pid, each.script, each.listener.active()))
                    .toList();
        }
    }

    /// Stops accepting on all sockets.
    ///
    /// @param forGood tells the dispatches to end; otherwise they keep their sockets, unharmed, for the next server
    public void release(boolean forGood) {
        synchronized (attached) {
            open = false;
            for (Dispatch dispatch : attached) {
                if (forGood) {
                    tell(dispatch);
                    dispatch.listener.close();
                } else {
                    dispatch.listener.release();
                }
            }
        }
        selector.wakeup();
    }

    private void tell(Dispatch dispatch) {
        try {
            int _ = dispatch.connection.write(ByteBuffer.wrap("stopped\n".getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            log.event(EventLog.Level.DEBUG, "dispatch", "dispatch " + dispatch.pid + " has gone already");
        }
    }
}
