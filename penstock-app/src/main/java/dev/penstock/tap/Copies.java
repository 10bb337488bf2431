package dev.penstock.tap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Where the pump leaves copies of what has passed, and what it had to leave out. The pump's thread only, but for
/// [#lostBytes] and the sleeper.
final class Copies {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final EntryQueue queue;
    private final long start = System.nanoTime();
    private volatile @Nullable Thread sleeper;
    private final AtomicLong lostBytes = new AtomicLong();

    Copies(EntryQueue queue) {
        this.queue = queue;
    }

    /// Microseconds since this was made.
    long micros() {
        return (System.nanoTime() - start) / 1000;
    }

    /// Bytes that have passed, from the beginning of the buffer to its limit.
    ///
    /// When there is no room, the flow is left out up to the beginning of a record; the analysis is told when that
    /// begins, so that it blames nobody for what it does not see, and when it ends.
    void passed(Link link, Flow flow, ByteBuffer bytes) {
        bytes.rewind();
        int record = flow.boundary.pass(bytes);
        if (flow.gap > 0) {
            flow.gap += record;
            lostBytes.addAndGet(record);
            bytes.position(record);
            if (!bytes.hasRemaining() || !tell(Entry.Kind.gap(flow.side), link.number)) {
                leaveOut(link, flow, bytes.remaining());
                return;
            }
            flow.gap = 0;
        }
        if (!isGapTold(link) || !queue.offer(Entry.Kind.passed(flow.side), link.number, micros(), bytes)) {
            leaveOut(link, flow, bytes.remaining());
        }
    }

    private void leaveOut(Link link, Flow flow, int bytes) {
        link.untoldGap = flow.gap == 0 ? flow.side : link.untoldGap;
        flow.gap += bytes;
        lostBytes.addAndGet(bytes);
        isGapTold(link);
    }

    private boolean isGapTold(Link link) {
        Side untold = link.untoldGap;
        if (untold != null && tell(Entry.Kind.gap(untold), link.number)) {
            link.untoldGap = null;
        }
        return link.untoldGap == null;
    }

    /// Something has happened on a connection.
    ///
    /// @return false when there was no room to say so
    boolean tell(Entry.Kind kind, int connection) {
        return queue.offer(kind, connection, micros(), NOTHING);
    }

    void tell(Entry.Kind kind, int connection, String text) {
        queue.offer(kind, connection, micros(), ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Wakes who waits for copies, once for all that were left since.
    void ring() {
        Thread waiting = sleeper;
        if (waiting != null && !queue.isEmpty()) {
            sleeper = null;
            LockSupport.unpark(waiting);
        }
    }

    /// Wakes who waits for copies, though there may be none.
    void wake() {
        LockSupport.unpark(sleeper);
    }

    /// Lets the taker sleep until there is something, or for as long as it says.
    void await(long nanos) {
        sleeper = Thread.currentThread();
        if (queue.isEmpty()) {
            LockSupport.parkNanos(this, nanos);
        }
        sleeper = null;
    }

    /// Bytes that passed without being copied, for want of room.
    long lostBytes() {
        return lostBytes.get();
    }
}
