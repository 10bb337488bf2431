package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Parameters;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A client's connections: which there are, and which one the next request goes to. For any number of threads.
///
/// A request goes to the least busy connection that has room; if none has, to a new one; if there may be no
/// more, it waits. Locks: this one first, then a connection's, never the other way round.
final class Connections implements ClientConnection.Owner {
    /// A request's place.
    record Begun(ClientConnection connection, Exchange exchange) {}

    private final Connector connector;
    private final ClientOptions options;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final List<ClientConnection> connections = new ArrayList<>();
    private int opening;
    private volatile int maxConnections;
    /// Requests at once on a connection; 0 while the application has not been asked.
    private volatile int capacity;

    private boolean isClosed;

    Connections(SocketAddress address, ClientOptions options) {
        this.connector = new Connector(address);
        this.options = options;
        this.maxConnections = options.maxConnections();
        this.capacity = options.maxRequestsPerConnection() == 1 ? 1 : 0;
    }

    int capacity() {
        return capacity;
    }

    /// From now on, one request at a time on each connection.
    void doNotMultiplex() {
        capacity = 1;
    }

    void closeIdle() {
        for (ClientConnection connection : all()) {
            if (connection.used() == 0) {
                connection.close();
            }
        }
    }

    private List<ClientConnection> all() {
        lock.lock();
        try {
            return List.copyOf(connections);
        } finally {
            lock.unlock();
        }
    }

    /// A place for a request.
    Begun begin(Schedule schedule) throws FastCgiFailure {
        Begun begun = onExisting(schedule);
        return begun == null ? onNew(schedule) : begun;
    }

    /// Null when there is to be a new connection, which is then counted.
    private @Nullable Begun onExisting(Schedule schedule) throws FastCgiFailure {
        lock.lock();
        try {
            while (!isClosed) {
                Begun begun = onLeastBusy(schedule);
                if (begun != null) {
                    return begun;
                }
                if (connections.size() + opening < maxConnections) {
                    opening++;
                    return null;
                }
                long left = schedule.untilConnect();
                if (left <= 0) {
                    throw busy(schedule);
                }
                freed.awaitNanos(left);
            }
            throw new FastCgiFailure(FastCgiFailure.Kind.ENDED_HERE, "the client is closed");
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Begun onLeastBusy(Schedule schedule) {
        List<ClientConnection> byLoad = new ArrayList<>(connections);
        if (byLoad.size() > 1) {
            byLoad.sort(Comparator.comparingInt(ClientConnection::used));
        }
        for (ClientConnection connection : byLoad) {
            Exchange exchange = connection.begin(schedule, capacity);
            if (exchange != null) {
                return new Begun(connection, exchange);
            }
        }
        return null;
    }

    private FastCgiFailure busy(Schedule schedule) {
        return new FastCgiFailure(
                FastCgiFailure.Kind.BUSY,
                "all " + maxConnections + " connections (maxConnections) were busy for "
                        + schedule.deadlines().connect() + " (connect)");
    }

    private static FastCgiFailure interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new FastCgiFailure(FastCgiFailure.Kind.ENDED_HERE, "interrupted while waiting for a connection", "", e);
    }

    private Begun onNew(Schedule schedule) throws FastCgiFailure {
        ClientConnection connection = null;
        try {
            connection = connected(schedule);
            if (capacity == 0 && !hasSaidWhatItCan(connection, schedule)) {
                connection.close();
                connection = connected(schedule);
            }
            Exchange exchange = connection.begin(schedule, Math.max(1, capacity));
            if (exchange == null) {
                throw new FastCgiFailure(FastCgiFailure.Kind.CLOSED, "the application closed the connection");
            }
            return new Begun(connection, exchange);
        } finally {
            opened(connection);
        }
    }

    private ClientConnection connected(Schedule schedule) throws FastCgiFailure {
        ClientConnection connection = new ClientConnection(connector.connect(schedule), options, this);
        connection.start();
        return connection;
    }

    private void opened(@Nullable ClientConnection connection) {
        boolean isTooLate;
        lock.lock();
        try {
            opening--;
            isTooLate = isClosed;
            if (connection != null && !connection.isClosed()) {
                connections.add(connection);
            }
            freed.signalAll();
        } finally {
            lock.unlock();
        }
        if (isTooLate && connection != null) {
            connection.close();
        }
    }

    /// Asks for the application's limits (FastCGI 4.1). One that does not answer is taken for one that serves
    /// a request at a time; its connection is not to be trusted any more: libfcgi hangs on the question.
    private boolean hasSaidWhatItCan(ClientConnection connection, Schedule schedule) throws FastCgiFailure {
        long patience = Math.min(options.valuesTimeout().toNanos(), schedule.untilConnect());
        try {
            Parameters values = connection
                    .askValues(List.of("FCGI_MPXS_CONNS", "FCGI_MAX_REQS", "FCGI_MAX_CONNS"))
                    .get(Math.max(0, patience), TimeUnit.NANOSECONDS);
            boolean multiplexes = values.get("FCGI_MPXS_CONNS", "0").equals("1");
            int requests = Math.min(options.maxRequestsPerConnection(), number(values, "FCGI_MAX_REQS"));
            capacity = multiplexes ? requests : 1;
            maxConnections = Math.min(options.maxConnections(), number(values, "FCGI_MAX_CONNS"));
            return true;
        } catch (ExecutionException | TimeoutException e) {
            capacity = 1;
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static int number(Parameters values, String name) {
        try {
            int number = Integer.parseInt(values.get(name, ""));
            return number < 1 ? Integer.MAX_VALUE : number;
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }

    @Override
    public void changed(ClientConnection connection, boolean isGone) {
        lock.lock();
        try {
            if (isGone) {
                connections.remove(connection);
            }
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Closes all; what is under way fails.
    void close() {
        lock.lock();
        try {
            isClosed = true;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
        all().forEach(ClientConnection::close);
    }
}
