package dev.penstock.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// An answer on its way to a web server as plain bytes: the head as its protocol writes it, then the body.
///
/// The first [#DIRECT_BYTES] are written by the caller, who will not wait for the client: the socket's buffer is
/// empty when an answer begins and holds more than that. What comes after goes through an [Overflow], from which a
/// thread of its own writes as fast as the client reads.
final class PlainResponse implements Response {
    private static final int DIRECT_BYTES = 48 * 1024;

    private enum State {
        NEW,
        STARTED,
        ENDED
    }

    private final PlainConnection connection;
    private final PlainGate gate;
    private final boolean withBody;
    private State state = State.NEW;
    /// The application's answer was one that cannot be sent; a page of ours has gone out instead.
    private boolean replaced;

    private int direct = DIRECT_BYTES;
    private @Nullable ByteBuffer out;
    private volatile boolean gone;
    private final AtomicReference<@Nullable Runnable> whenCancelled = new AtomicReference<>();
    private volatile @Nullable Overflow overflow;

    PlainResponse(PlainConnection connection, PlainGate gate, boolean withBody) {
        this.connection = connection;
        this.gate = gate;
        this.withBody = withBody;
    }

    @Override
    public boolean cancelled() {
        return gone;
    }

    @Override
    public void whenCancelled(Runnable action) {
        whenCancelled.set(action);
        if (gone) {
            tell();
        }
    }

    private void tell() {
        Runnable action = whenCancelled.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }

    /// The client has gone: nothing can be written any more. Any thread.
    void connectionGone() {
        gone = true;
        tell();
        Overflow waiting = overflow;
        if (waiting != null) {
            waiting.abandon();
        }
    }

    @Override
    public void start(Head head) {
        if (state != State.NEW) {
            throw new IllegalStateException("the response has been started already");
        }
        if (gate.server().replaces(head, this, withBody)) {
            replaced = true;
            return;
        }
        state = State.STARTED;
        put(ByteBuffer.wrap(gate.protocol().head(head)));
    }

    @Override
    public void write(ByteBuffer piece) {
        if (replaced) {
            return;
        }
        if (state != State.STARTED) {
            throw new IllegalStateException("a body can be written between start and end only, not when " + state);
        }
        if (withBody && piece.hasRemaining()) {
            put(piece);
        }
    }

    private void put(ByteBuffer piece) {
        if (gone) {
            return;
        }
        try {
            Overflow slow = overflow;
            if (slow == null && piece.remaining() > direct) {
                flush();
                slow = overflow();
            }
            if (slow != null) {
                slow.put(piece);
            } else {
                direct -= piece.remaining();
                buffer().put(piece);
            }
        } catch (IOException e) {
            lost(e);
        }
    }

    private ByteBuffer buffer() {
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = gate.server().buffers().take();
            out = buffer;
        }
        return buffer;
    }

    private Overflow overflow() {
        Overflow slow = new Overflow(gate.server().bounds());
        overflow = slow;
        if (gone) {
            slow.abandon(); // It went before it could see this one.
        }
        gate.server().threads().execute(() -> drain(slow));
        return slow;
    }

    @Override
    public void flush() {
        ByteBuffer buffer = out;
        if (buffer == null || overflow != null) {
            return;
        }
        try {
            if (!gone) {
                connection.write(buffer.flip());
            }
        } catch (IOException e) {
            lost(e);
        } finally {
            buffer.clear();
        }
    }

    @Override
    public void end() {
        if (state == State.ENDED) {
            return;
        }
        state = State.ENDED;
        whenCancelled.set(null);
        Overflow slow = overflow;
        if (slow != null) {
            slow.complete();
            return;
        }
        flush();
        giveBuffer();
        connection.ended();
    }

    private void giveBuffer() {
        ByteBuffer buffer = out;
        out = null;
        if (buffer != null) {
            gate.server().buffers().give(buffer);
        }
    }

    @Override
    public void tear(String reason) {
        if (state == State.ENDED) {
            return;
        }
        if (state == State.NEW) {
            Pages.send(this, withBody, 502, "Bad Gateway", "The application gave no answer.");
            return;
        }
        flush();
        state = State.ENDED;
        whenCancelled.set(null);
        connectionGone();
        connection.cut();
        giveBuffer();
    }

    /// Writes to a slow client until everything is taken. A thread of its own.
    private void drain(Overflow slow) {
        try {
            byte[] piece = slow.take();
            while (piece != null && !gone) {
                connection.write(ByteBuffer.wrap(piece));
                piece = slow.take();
            }
        } catch (IOException e) {
            lost(e);
        } finally {
            slow.close();
        }
        giveBuffer();
        connection.ended();
    }

    private void lost(IOException e) {
        boolean isNew = !gone;
        connectionGone();
        if (isNew && !(e instanceof java.nio.channels.ClosedChannelException)) {
            gate.server().counters().clientsGone.increment();
        }
    }
}
