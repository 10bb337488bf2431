package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Reply;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One request on its connection: what came for it, and what has become of it.
///
/// Three threads meet here: the connection's reader puts in what comes, the request's writer says when all
/// was sent, and whoever has the response takes. Waiting is done on one condition, within the [Schedule].
///
/// ```
/// OPEN --END_REQUEST--> ENDED
///   `---deadline, connection lost, given up--> FAILED (what comes is dropped)
/// ```
final class Exchange {
    private final int id;
    private final boolean isReused;
    private final Schedule schedule;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ByteRing unread;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream(0);
    private final int maxErrorBytes;
    private final long connectedNanos = System.nanoTime();
    private Reply.@Nullable End end;
    private @Nullable FastCgiFailure failure;
    private long sentNanos;
    private long firstByteNanos;
    private long endNanos;

    Exchange(int id, boolean isReused, Schedule schedule, ClientOptions options) {
        this.id = id;
        this.isReused = isReused;
        this.schedule = schedule;
        this.unread = new ByteRing(options.bufferedBytes());
        this.maxErrorBytes = options.errorBytes();
    }

    int id() {
        return id;
    }

    boolean isReused() {
        return isReused;
    }

    /// Whether nobody waits for it any more: nothing has to be sent for it, what comes can be dropped.
    boolean isOver() {
        lock.lock();
        try {
            return end != null || failure != null;
        } finally {
            lock.unlock();
        }
    }

    Reply.@Nullable End end() {
        lock.lock();
        try {
            return end;
        } finally {
            lock.unlock();
        }
    }

    /// Whether the application has said anything about it.
    boolean isAnswered() {
        lock.lock();
        try {
            return firstByteNanos != 0 || errors.size() > 0;
        } finally {
            lock.unlock();
        }
    }

    /// Called by the writer when all was given to the system.
    void sent() {
        lock.lock();
        try {
            sentNanos = System.nanoTime();
            schedule.sent(sentNanos);
            changed.signalAll(); // From now on a shorter deadline may hold.
        } finally {
            lock.unlock();
        }
    }

    /// Called by the reader: takes what there is room for at once. False when something is left.
    boolean offer(ByteBuffer piece) {
        lock.lock();
        try {
            if (firstByteNanos == 0) {
                firstByteNanos = System.nanoTime();
            }
            if (failure != null) {
                return true;
            }
            unread.put(piece);
            changed.signalAll();
            return !piece.hasRemaining();
        } finally {
            lock.unlock();
        }
    }

    /// Called by the reader: waits until there was room for all of it, or it is not wanted any more.
    ///
    /// @return false when nobody made room in time; the exchange has failed then
    boolean putPatiently(ByteBuffer piece, long patienceNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = patienceNanos;
            while (failure == null && piece.hasRemaining()) {
                if (!unread.isFull()) {
                    unread.put(piece);
                    changed.signalAll();
                } else if (left <= 0) {
                    failUnderLock(new FastCgiFailure(
                            FastCgiFailure.Kind.SLOW_READER,
                            "nobody read the response, and others waited behind it on the same connection"));
                    return false;
                } else {
                    left = changed.awaitNanos(left);
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Called by the reader.
    void error(ByteBuffer piece) {
        lock.lock();
        try {
            byte[] kept = new byte[Math.min(piece.remaining(), maxErrorBytes - errors.size())];
            piece.get(kept);
            errors.writeBytes(kept);
        } finally {
            lock.unlock();
        }
    }

    /// Called by the reader.
    void end(Reply.End how) {
        lock.lock();
        try {
            end = how;
            endNanos = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Ends it, unless it has ended. What was read before is still given.
    ///
    /// @return whether it was open
    boolean fail(FastCgiFailure why) {
        lock.lock();
        try {
            return failUnderLock(why);
        } finally {
            lock.unlock();
        }
    }

    private boolean failUnderLock(FastCgiFailure why) {
        if (end != null || failure != null) {
            return false;
        }
        failure = why;
        changed.signalAll();
        return true;
    }

    /// Gives bytes of the response, waiting for the first of them.
    ///
    /// @return how many, -1 at the end of the response
    int take(byte[] to, int offset, int length) throws FastCgiFailure {
        lock.lock();
        try {
            awaitSomething();
            if (unread.size() > 0) {
                changed.signalAll();
                return unread.take(to, offset, length);
            }
            if (failure != null) {
                throw failure.with(text());
            }
            return -1;
        } finally {
            lock.unlock();
        }
    }

    private void awaitSomething() {
        while (unread.size() == 0 && failure == null && end == null) {
            boolean isFirst = firstByteNanos == 0;
            long left = isFirst ? schedule.untilFirstByte() : schedule.untilTotal();
            if (left <= 0) {
                failUnderLock(isFirst && schedule.untilTotal() > 0 ? noAnswer() : tooSlow());
                return;
            }
            try {
                changed.awaitNanos(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failUnderLock(new FastCgiFailure(
                        FastCgiFailure.Kind.ENDED_HERE, "interrupted while waiting for the response", "", e));
            }
        }
    }

    private FastCgiFailure noAnswer() {
        return new FastCgiFailure(
                FastCgiFailure.Kind.NO_ANSWER,
                "no first byte of a response within " + schedule.deadlines().firstByte() + " (firstByte)");
    }

    private FastCgiFailure tooSlow() {
        String what = sentNanos == 0 ? "the request was not read whole" : "the response was not complete";
        return new FastCgiFailure(
                FastCgiFailure.Kind.TOO_SLOW,
                what + " within " + schedule.deadlines().total() + " (total)");
    }

    String errors() {
        lock.lock();
        try {
            return text();
        } finally {
            lock.unlock();
        }
    }

    private String text() {
        return errors.toString(StandardCharsets.ISO_8859_1);
    }

    Timing timing() {
        lock.lock();
        try {
            return new Timing(
                    Duration.ofNanos(connectedNanos - schedule.startNanos()),
                    isReused,
                    sinceStart(sentNanos),
                    sinceStart(firstByteNanos),
                    sinceStart(endNanos));
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Duration sinceStart(long nanos) {
        return nanos == 0 ? null : Duration.ofNanos(nanos - schedule.startNanos());
    }
}
