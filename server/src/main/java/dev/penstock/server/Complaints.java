package dev.penstock.server;

import dev.penstock.fastcgi.ProtocolException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Lines about peers that do what they should not: at most one a second of each kind, with the number of
/// those that were left out, so that a flood of bad input is no flood of the log. Any thread.
final class Complaints {
    private static final long EACH_NANOS = 1_000_000_000L;

    private final EventLog log;
    private final String source;
    private final FastCgiGate.Counters counters;
    private final LongSupplier nanoTime;
    private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

    private static final class Kind {
        long lastNanos;
        long leftOut;
        String text = "";
    }

    /// @param nanoTime [System#nanoTime], or a test's
    Complaints(EventLog log, String source, FastCgiGate.Counters counters, LongSupplier nanoTime) {
        this.log = log;
        this.source = source;
        this.counters = counters;
        this.nanoTime = nanoTime;
    }

    /// A peer broke the protocol or went over a limit; its connection is closed.
    void broken(SocketChannel peer, ProtocolException fault) {
        counters.protocolErrors.increment();
        String limit = fault.limit();
        if (limit != null) {
            counters.reached(limit);
        }
        String kind = limit == null ? "protocol" : limit;
        tell(kind, EventLog.Level.WARNING, "closed a connection from " + PeerName.of(peer) + ": " + fault.getMessage());
    }

    /// A peer is late with something; its connection is closed.
    void late(SocketChannel peer, PeerClock.Late late) {
        late("closed a connection from ", peer, late);
    }

    /// A request's body came too slowly; it is answered, and its connection goes on.
    void lateBody(SocketChannel peer) {
        late("answered 408 to ", peer, PeerClock.Late.BODY);
    }

    private void late(String done, SocketChannel peer, PeerClock.Late late) {
        counters.timedOut.increment();
        if (!late.setting.isEmpty()) {
            counters.reached(late.setting);
            String text = done + PeerName.of(peer) + ": " + late.text + " (" + late.setting + ")";
            tell(late.setting, EventLog.Level.INFO, text);
        }
    }

    /// A peer reached a limit that is no fault of its own; its connection is closed.
    void over(SocketChannel peer, String limit, String text) {
        counters.reached(limit);
        tell(limit, EventLog.Level.INFO, "closed a connection from " + PeerName.of(peer) + ": " + text);
    }

    /// A peer has sent so much that nobody takes any more, because its request has its answer.
    ///
    /// @param most `drain_bytes`
    /// @throws IOException when that is too much; the connection is to be closed
    void dropped(SocketChannel peer, long bytes, long most) throws IOException {
        if (bytes > most) {
            String text = "what came after an answer was more than drain_bytes = " + most;
            over(peer, "drain_bytes", text);
            throw new IOException(text);
        }
    }

    /// Tells of one case, or counts it.
    ///
    /// @param kind one of few: the name of a limit, say
    /// @param text what, and from whom; anything in it may come from a peer
    void tell(String kind, EventLog.Level level, String text) {
        long now = nanoTime.getAsLong();
        Kind known = kinds.computeIfAbsent(kind, any -> {
            Kind made = new Kind();
            made.lastNanos = now - EACH_NANOS;
            return made;
        });
        synchronized (known) {
            if (now - known.lastNanos < EACH_NANOS) {
                known.leftOut++;
                known.text = text;
                return;
            }
            known.lastNanos = now;
        }
        log.event(level, source, Printable.of(text));
    }

    /// Tells how many were left out, when their second is over. Called about once a second.
    void tick() {
        long now = nanoTime.getAsLong();
        kinds.values().forEach(kind -> {
            String line;
            synchronized (kind) {
                if (kind.leftOut == 0 || now - kind.lastNanos < EACH_NANOS) {
                    return;
                }
                line = kind.leftOut + " more like this: " + kind.text;
                kind.leftOut = 0;
                kind.lastNanos = now;
            }
            log.warning(source, Printable.of(line));
        });
    }
}
