package dev.penstock.server;

import java.time.Duration;

/// The duty to move at least so many bytes in each period; a period of zero is no duty. One thread moves, any thread
/// looks.
final class Progress {
    /// A deadline that never comes.
    static final long NEVER = Long.MAX_VALUE;

    private final long periodNanos;
    private final long leastBytes;
    /// Bytes since the period began.
    private long moved;

    private volatile long deadline = NEVER;

    Progress(Duration period, long leastBytes) {
        this.periodNanos = period.toNanos();
        this.leastBytes = leastBytes;
    }

    /// A first period begins.
    void begin(long now) {
        moved = 0;
        deadline = periodNanos == 0 ? NEVER : now + periodNanos;
    }

    /// Bytes have moved; with enough of them another period begins.
    void moved(long bytes, long now) {
        moved += bytes;
        if (moved >= leastBytes) {
            begin(now);
        }
    }

    /// The duty is done.
    void end() {
        deadline = NEVER;
    }

    /// When the period ends, by [System#nanoTime], or [#NEVER].
    long deadline() {
        return deadline;
    }

    boolean isOverdue(long now) {
        return isPast(deadline, now);
    }

    static boolean isPast(long deadline, long now) {
        return deadline != NEVER && now - deadline >= 0;
    }
}
