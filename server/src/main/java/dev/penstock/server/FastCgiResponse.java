package dev.penstock.server;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.ProtocolStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// An answer on its way to a web server as STDOUT records.
///
/// While nobody else writes on the connection and the web server takes what it is given, the thread that
/// has the response writes (it never waits; on a channel that blocks only [#DIRECT_BYTES], which the
/// socket's buffer holds). From the first moment when that is not so, everything goes through an
/// [Overflow], from which the connection's [Outbox] takes it in turn with the other responses.
final class FastCgiResponse implements Response, Outbox.Turn {
    private static final int DIRECT_BYTES = 48 * 1024;

    /// Text for the web server's log that waits for its turn, at the most; more is dropped.
    private static final int MAX_ERROR_TEXTS = 16;

    /// The application's exit status where it failed within its answer, as of a CGI program.
    private static final int FAILED = 1;

    private enum State {
        NEW,
        STARTED,
        ENDED
    }

    private final FastCgiConnection connection;
    private final FastCgiGate gate;
    private final Outbox outbox;
    private final int id;
    private final boolean withBody;
    private volatile State state = State.NEW;
    private @Nullable Head head;
    /// The application's answer was one that cannot be sent; a page of ours has gone out instead.
    private boolean replaced;

    private ProtocolStatus status = ProtocolStatus.REQUEST_COMPLETE;
    private volatile int appStatus;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private volatile boolean connectionGone;
    private final AtomicReference<@Nullable Runnable> whenCancelled = new AtomicReference<>();

    private @Nullable ByteBuffer out;
    private int record = -1;
    private int direct = DIRECT_BYTES;
    private volatile @Nullable Overflow overflow;
    private volatile boolean hasErrors;
    private final ConcurrentLinkedQueue<byte[]> errorTexts = new ConcurrentLinkedQueue<>();
    /// What a turn left of a piece; the connection's writing thread's.
    private @Nullable ByteBuffer rest;

    private boolean endPut;

    FastCgiResponse(FastCgiConnection connection, FastCgiGate gate, int id, boolean withBody) {
        this.connection = connection;
        this.gate = gate;
        this.outbox = connection.outbox();
        this.id = id;
        this.withBody = withBody;
    }

    int id() {
        return id;
    }

    /// How END_REQUEST will call the outcome.
    void status(ProtocolStatus protocolStatus) {
        status = protocolStatus;
    }

    @Override
    public boolean cancelled() {
        return cancelled.get();
    }

    @Override
    public void whenCancelled(Runnable action) {
        whenCancelled.set(action);
        if (cancelled()) {
            tell();
        }
    }

    private void tell() {
        Runnable action = whenCancelled.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }

    /// The connection has gone: nothing can be written any more. Any thread.
    void connectionGone() {
        connectionGone = true;
        cancel();
    }

    /// The client has gone: the content is for nobody, but the request still has its end. Any thread.
    void cancel() {
        if (!cancelled.compareAndSet(false, true)) {
            return;
        }
        gate.counters().clientsGone.increment();
        Overflow waiting = overflow;
        if (waiting != null) {
            waiting.abandon();
        }
        tell();
    }

    @Override
    public void start(Head given) {
        if (state != State.NEW) {
            throw new IllegalStateException("the response has been started already");
        }
        if (gate.replaces(given, this, withBody)) {
            replaced = true;
            return;
        }
        state = State.STARTED;
        head = given;
        put(ByteBuffer.wrap(given.block()));
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
        while (piece.hasRemaining() && !cancelled()) {
            Overflow slow = overflow;
            if (slow == null && outbox.blocks() && piece.remaining() > direct) {
                slow = overflow();
            }
            if (slow == null) {
                append(piece);
            } else {
                hold(slow, piece);
            }
        }
    }

    private void hold(Overflow slow, ByteBuffer piece) {
        try {
            slow.put(piece);
            piece.position(piece.limit());
            outbox.ready(this);
        } catch (IOException e) {
            gate.log().error(gate.name(), "cannot hold a response back for a slow client: " + e.getMessage());
            cut();
        }
    }

    /// Takes as much of the piece as one record has room for.
    private void append(ByteBuffer piece) {
        ByteBuffer buffer = buffer();
        if (record < 0) {
            record = Encoder.reserve(buffer);
        }
        int most = Math.min(piece.remaining(), Encoder.MAX_CONTENT - contentBytes(buffer));
        buffer.put(piece.slice(piece.position(), most));
        piece.position(piece.position() + most);
        direct -= most;
        if (piece.hasRemaining()) {
            flush();
        }
    }

    private int contentBytes(ByteBuffer buffer) {
        return buffer.position() - record - Encoder.HEADER_BYTES;
    }

    private ByteBuffer buffer() {
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = gate.buffers().take();
            out = buffer;
        }
        return buffer;
    }

    /// Goes over to turns: what was gathered first.
    private Overflow overflow() {
        Overflow slow = new Overflow(gate.bounds());
        overflow = slow;
        if (cancelled()) {
            slow.abandon(); // By a thread that could not see it.
        }
        ByteBuffer buffer = out;
        if (buffer != null && record >= 0) {
            int start = record + Encoder.HEADER_BYTES;
            hold(slow, buffer.slice(start, buffer.position() - start));
        }
        record = -1;
        giveBuffer();
        return slow;
    }

    @Override
    public void flush() {
        if (overflow != null || record < 0) {
            return;
        }
        if (!connectionGone && outbox.tryOwn()) {
            send(buffer());
        } else {
            overflow();
        }
    }

    private void send(ByteBuffer buffer) {
        if (record >= 0) {
            Encoder.stdout(buffer, record, id);
        }
        record = -1;
        outbox.write(buffer.flip());
        buffer.clear();
    }

    @Override
    public void errors(String text) {
        if (state == State.ENDED || cancelled()) {
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        hasErrors = true;
        flush();
        if (overflow == null && outbox.tryOwn()) {
            ByteBuffer buffer = buffer();
            Encoder.stderr(buffer, id, bytes);
            direct -= bytes.length;
            send(buffer);
        } else if (errorTexts.size() < MAX_ERROR_TEXTS) {
            errorTexts.add(bytes);
            if (overflow == null) {
                overflow();
            }
            outbox.ready(this);
        }
    }

    @Override
    public void end() {
        if (state == State.ENDED) {
            return;
        }
        state = State.ENDED;
        Overflow slow = overflow;
        if (slow == null && !connectionGone && outbox.tryOwn()) {
            ByteBuffer buffer = buffer();
            if (record >= 0) {
                Encoder.stdout(buffer, record, id);
                record = -1;
            }
            putEnd(buffer);
            outbox.write(buffer.flip());
            over();
            return;
        }
        if (slow == null) {
            slow = overflow();
        }
        slow.complete();
        outbox.ready(this);
    }

    /// As soon as the web server sees the end, it may use the id again.
    private void putEnd(ByteBuffer buffer) {
        if (hasErrors) {
            Encoder.stderr(buffer, id, new byte[0]);
        }
        Encoder.end(buffer, id, appStatus, status);
        connection.ending(this);
    }

    @Override
    public void tear(String reason) {
        if (state == State.ENDED) {
            return;
        }
        if (cancelled()) {
            end(); // Nobody is there to take it for whole, and others may use the connection.
        } else if (state == State.NEW) {
            Pages.send(this, withBody, 502, "Bad Gateway", "The application gave no answer.");
        } else if (connection.isShared() && saysItsLength()) {
            appStatus = FAILED; // The web server sees that bytes are missing; others need the connection.
            end();
        } else {
            state = State.ENDED;
            cut();
        }
    }

    private boolean saysItsLength() {
        Head said = head;
        return said != null && said.has("Content-Length");
    }

    /// The web server sees that there is an END_REQUEST missing.
    private void cut() {
        whenCancelled.set(null);
        connectionGone = true;
        cancelled.set(true);
        Overflow slow = overflow;
        if (slow != null) {
            slow.abandon();
        }
        connection.ending(this);
        connection.cut();
        over();
    }

    // ---- The connection's writing thread

    @Override
    public Result put(ByteBuffer buffer, int most) throws IOException {
        byte[] text = errorTexts.poll();
        if (text != null) {
            Encoder.stderr(buffer, id, text);
            return Result.RECORD;
        }
        Overflow slow = overflow;
        if (slow == null) {
            return Result.NOTHING;
        }
        ByteBuffer piece = piece(slow);
        if (piece != null) {
            int start = Encoder.reserve(buffer);
            int length = Math.min(most, piece.remaining());
            buffer.put(piece.slice(piece.position(), length));
            piece.position(piece.position() + length);
            Encoder.stdout(buffer, start, id);
            return Result.RECORD;
        }
        if (slow.isOver() && !endPut) {
            endPut = true;
            putEnd(buffer);
            return Result.LAST;
        }
        return Result.NOTHING;
    }

    private @Nullable ByteBuffer piece(Overflow slow) throws IOException {
        ByteBuffer begun = rest;
        if (begun != null && begun.hasRemaining() && !cancelled()) {
            return begun;
        }
        byte[] next = slow.poll();
        rest = next == null ? null : ByteBuffer.wrap(next);
        return rest;
    }

    @Override
    public void over() {
        if (state != State.ENDED) {
            return; // The connection has gone, and the application has not ended yet.
        }
        Overflow slow = overflow;
        if (slow != null) {
            slow.close();
        }
        giveBuffer();
        connection.ending(this);
        connection.ended();
    }

    private void giveBuffer() {
        ByteBuffer buffer = out;
        out = null;
        if (buffer != null) {
            gate.buffers().give(buffer);
        }
    }
}
