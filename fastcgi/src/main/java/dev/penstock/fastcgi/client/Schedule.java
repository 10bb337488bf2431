package dev.penstock.fastcgi.client;

/// The deadlines of one request as points in time, the same for all of its tries.
final class Schedule {
    private final Deadlines deadlines;
    private final long startNanos = System.nanoTime();
    /// When the request was first sent whole; a second try does not move it. 0 before.
    private volatile long sentNanos;

    Schedule(Deadlines deadlines) {
        this.deadlines = deadlines;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    long startNanos() {
        return startNanos;
    }

    void sent(long nowNanos) {
        if (sentNanos == 0) {
            sentNanos = nowNanos;
        }
    }

    /// Nanoseconds that are left, never more than until the end of it all; nothing left is 0 or less.
    long untilConnect() {
        return Math.min(untilTotal(), deadlines.connect().toNanos() - (System.nanoTime() - startNanos));
    }

    /// Unbounded but for the end of it all while the request is being sent.
    long untilFirstByte() {
        if (sentNanos == 0) {
            return untilTotal();
        }
        return Math.min(untilTotal(), deadlines.firstByte().toNanos() - (System.nanoTime() - sentNanos));
    }

    long untilTotal() {
        return deadlines.total().toNanos() - (System.nanoTime() - startNanos);
    }
}
