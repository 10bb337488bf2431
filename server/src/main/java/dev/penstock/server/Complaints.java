package dev.penstock.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Lines about peers that do what they should not: at most one a second of each kind, with the number of
/// those that were left out, so that a flood of bad input is no flood of the log. Any thread.
final class Complaints {
    private static final long EACH_NANOS = 1_000_000_000L;

    private final EventLog log;
    private final String source;
    private final LongSupplier nanoTime;
    private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

    private static final class Kind {
        long lastNanos;
        long leftOut;
        String text = "";
    }

    /// @param nanoTime [System#nanoTime], or a test's
    Complaints(EventLog log, String source, LongSupplier nanoTime) {
        this.log = log;
        this.source = source;
        this.nanoTime = nanoTime;
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
