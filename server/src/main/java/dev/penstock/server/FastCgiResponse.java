package dev.penstock.server;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.ProtocolStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// An answer on its way to a web server as STDOUT records.
///
/// The first [#DIRECT_BYTES] are written by the caller, who will not wait for the client: the socket's
/// buffer is empty when an answer begins and holds more than that. What comes after goes through an
/// [Overflow], from which a thread of its own writes as fast as the client reads.
final class FastCgiResponse implements Response {
    private static final int DIRECT_BYTES = 48 * 1024;

    private enum State {
        NEW,
        STARTED,
        ENDED
    }

    private final FastCgiConnection connection;
    private final FastCgiGate gate;
    private final int id;
    private final boolean keepConnection;
    private final boolean withBody;
    private State state = State.NEW;
    private ProtocolStatus status = ProtocolStatus.REQUEST_COMPLETE;
    private volatile boolean cancelled;
    private volatile boolean connectionGone;

    private @Nullable ByteBuffer out;
    private int record = -1;
    private int direct = DIRECT_BYTES;
    private volatile @Nullable Overflow overflow;

    FastCgiResponse(FastCgiConnection connection, FastCgiGate gate, int id, boolean keepConnection, boolean withBody) {
        this.connection = connection;
        this.gate = gate;
        this.id = id;
        this.keepConnection = keepConnection;
        this.withBody = withBody;
    }

    int id() {
        return id;
    }

    boolean keepConnection() {
        return keepConnection;
    }

    /// How END_REQUEST will call the outcome.
    void status(ProtocolStatus protocolStatus) {
        status = protocolStatus;
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    /// The connection has gone: nothing can be written any more. Any thread.
    void connectionGone() {
        connectionGone = true;
        cancel();
    }

    /// The client has gone: the content is for nobody, but the request still has its end. Any thread.
    void cancel() {
        cancelled = true;
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
        state = State.STARTED;
        put(ByteBuffer.wrap(head.block()));
    }

    @Override
    public void write(ByteBuffer piece) {
        if (state != State.STARTED) {
            throw new IllegalStateException("a body can be written between start and end only, not when " + state);
        }
        if (withBody && piece.hasRemaining()) {
            put(piece);
        }
    }

    private void put(ByteBuffer piece) {
        if (cancelled) {
            return;
        }
        try {
            Overflow slow = overflow;
            if (slow == null && (piece.remaining() > direct || !connection.isAlone())) {
                flush();
                slow = overflow();
            }
            if (slow != null) {
                slow.put(piece);
            } else {
                append(piece);
            }
        } catch (IOException e) {
            lost(e);
        }
    }

    private void append(ByteBuffer piece) {
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = gate.buffers().take();
            out = buffer;
        }
        if (record < 0) {
            record = Encoder.reserve(buffer);
        }
        direct -= piece.remaining();
        buffer.put(piece);
    }

    private Overflow overflow() {
        Overflow slow = new Overflow(gate.bounds());
        overflow = slow;
        gate.threads().execute(() -> drain(slow));
        return slow;
    }

    @Override
    public void flush() {
        ByteBuffer buffer = out;
        if (buffer == null || record < 0 || overflow != null) {
            return;
        }
        Encoder.stdout(buffer, record, id);
        record = -1;
        send(buffer);
    }

    private void send(ByteBuffer buffer) {
        try {
            if (!connectionGone) {
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
        Overflow slow = overflow;
        if (slow != null) {
            slow.complete();
            return;
        }
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = gate.buffers().take();
        }
        if (record >= 0) {
            Encoder.stdout(buffer, record, id);
        }
        finish(buffer);
    }

    /// Writes what ends a response; the connection may be used for the next one afterwards.
    private void finish(ByteBuffer buffer) {
        Encoder.end(buffer, id, 0, status);
        out = null;
        connection.ending(this);
        send(buffer);
        gate.buffers().give(buffer);
        connection.ended(this);
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
        state = State.ENDED;
        connectionGone();
        connection.ending(this);
        connection.cut();
        connection.ended(this);
        ByteBuffer buffer = out;
        out = null;
        if (buffer != null) {
            gate.buffers().give(buffer);
        }
    }

    /// Writes to a slow client until everything is taken. A thread of its own.
    private void drain(Overflow slow) {
        ByteBuffer buffer = gate.buffers().take();
        try {
            byte[] piece = slow.take();
            while (piece != null && !cancelled) {
                for (int at = 0; at < piece.length; at += Encoder.MAX_CONTENT) {
                    int start = Encoder.reserve(buffer);
                    buffer.put(piece, at, Math.min(Encoder.MAX_CONTENT, piece.length - at));
                    Encoder.stdout(buffer, start, id);
                    connection.write(buffer.flip());
                    buffer.clear();
                }
                piece = slow.take();
            }
        } catch (IOException e) {
            lost(e);
        } finally {
            slow.close();
        }
        finishDrained(buffer);
    }

    private void finishDrained(ByteBuffer buffer) {
        ByteBuffer unused = out;
        out = null;
        if (unused != null) {
            gate.buffers().give(unused);
        }
        finish(buffer.clear());
    }

    private void lost(IOException e) {
        connectionGone();
        if (e instanceof java.nio.channels.ClosedChannelException) {
            return;
        }
        gate.counters().clientsGone.increment();
    }
}
