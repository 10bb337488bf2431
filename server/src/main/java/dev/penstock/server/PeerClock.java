package dev.penstock.server;

import org.jspecify.annotations.Nullable;

/// What the peer of one connection owes, and until when. The reading thread, whoever writes, and the gate's
/// clock meet here.
///
/// | the peer | has | setting |
/// |---|---|---|
/// | has begun a request, or a record | a time in all for its variables, however they trickle in | `head_timeout` |
/// | sends a body | to make progress in each period | `body_timeout` |
/// | is sent a response | to take some of it in each period | `response_timeout` |
/// | has nothing to do | for ever, or a time | `idle_timeout` |
final class PeerClock {
    private final Times times;
    private final Progress taking;
    /// What [dev.penstock.fastcgi.Decoder#unfinishedHead] said last.
    private long head;

    private volatile long headDeadline = Progress.NEVER;
    private volatile long bodyDeadline = Progress.NEVER;
    private volatile long closeDeadline = Progress.NEVER;
    private volatile long idleSince = System.nanoTime();
    private volatile boolean stopped;

    PeerClock(Times times) {
        this.times = times;
        this.taking = new Progress(times.response(), times.minProgress());
    }

    /// After each read, by the reading thread.
    ///
    /// @param unfinished what has begun and is not complete, as a number; 0 for nothing
    /// @param bodies when the first of the bodies that are under way is late, or [Progress#NEVER]
    void read(long unfinished, long bodies) {
        if (unfinished != head) {
            head = unfinished;
            headDeadline = unfinished == 0 || times.head().isZero()
                    ? Progress.NEVER
                    : System.nanoTime() + times.head().toNanos();
        }
        bodyDeadline = bodies;
    }

    /// Whether the peer has begun something that it has not ended.
    boolean owes() {
        return headDeadline != Progress.NEVER || bodyDeadline != Progress.NEVER;
    }

    /// A writer begins who may have to wait. One at a time.
    void writing() {
        taking.begin(System.nanoTime());
    }

    /// The peer has taken some, or none, and not all.
    void wrote(int bytes) {
        if (taking.deadline() == Progress.NEVER) {
            writing();
        }
        taking.moved(bytes, System.nanoTime());
    }

    /// The writer has written all.
    void written() {
        taking.end();
    }

    /// The connection has no request any more.
    void idle() {
        idleSince = System.nanoTime();
    }

    long idleSince() {
        return idleSince;
    }

    /// The peer has had its answer and should close.
    void closeWithin(long nanos) {
        closeDeadline = System.nanoTime() + nanos;
    }

    /// Nothing is expected any more.
    void stop() {
        stopped = true;
    }

    /// What the peer is late with.
    enum Late {
        HEAD("head_timeout", "a request's variables were not complete in time"),
        BODY("body_timeout", "a request's body came too slowly"),
        RESPONSE("response_timeout", "the response was taken too slowly"),
        IDLE("idle_timeout", "it was idle"),
        /// The web server has all that it asked for and does not close: nothing to tell of.
        CLOSE("", "");

        /// The setting that says how long is too long; empty where there is none.
        final String setting;

        final String text;

        Late(String setting, String text) {
            this.setting = setting;
            this.text = text;
        }
    }

    /// What the peer is late with now, or null. Any thread.
    ///
    /// @param busy whether a request is on its way in or out
    @Nullable Late late(long now, boolean busy) {
        if (stopped) {
            return null;
        }
        if (Progress.isPast(closeDeadline, now)) {
            return Late.CLOSE;
        }
        if (Progress.isPast(headDeadline, now)) {
            return Late.HEAD;
        }
        if (Progress.isPast(bodyDeadline, now)) {
            return Late.BODY;
        }
        if (taking.isOverdue(now)) {
            return Late.RESPONSE;
        }
        boolean idle = !busy && !owes() && !times.idle().isZero();
        return idle && now - idleSince >= times.idle().toNanos() ? Late.IDLE : null;
    }
}
