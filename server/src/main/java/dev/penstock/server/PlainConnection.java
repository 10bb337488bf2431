package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One connection of a protocol that has one request on each: SCGI, uwsgi. One thread owns the reading, by [#run] or
/// by [#readOnce]; whoever has the [Response] writes.
///
/// ```
/// HEAD --variables--> BODY --CONTENT_LENGTH bytes--> ANSWERED
///                      `--over max_request_body, 413--> DROPPED: read and forgotten, up to its end
/// ```
///
/// The end of the answer shuts the output. The connection is closed when the peer has closed, or `drain_timeout` or
/// `drain_bytes` are used up: closing with unread input would reset it, and with it the answer. An end of input before
/// the answer is a client that has gone; web servers do not close their side only.
final class PlainConnection implements Poller.Connection {
    /// What [PeerClock] is told of a head that is under way: there is one only.
    private static final long HEAD = 1;

    private enum State {
        HEAD,
        BODY,
        DROPPED,
        ANSWERED
    }

    private final SocketChannel channel;
    private final PlainGate gate;
    private final HeadReader reader;
    private final Runnable over;
    private final AtomicBoolean finished = new AtomicBoolean();
    private State state = State.HEAD;
    private Parameters environ = new Parameters();
    private BodyCollector body;
    /// Bytes of the body that are still to come.
    private long rest;

    /// Bytes that nobody asked for, or that came for a body over the bound.
    private long dropped;

    private volatile @Nullable PlainResponse response;
    private volatile boolean closing;
    private final PeerClock clock;
    private final Progress bodyProgress;
    private volatile long readerId;

    /// @param over called once when the connection is closed
    PlainConnection(SocketChannel channel, PlainGate gate, Runnable over) {
        this.channel = channel;
        this.gate = gate;
        this.over = over;
        Bounds bounds = gate.server().bounds();
        this.reader = gate.protocol().reader(bounds.parameters());
        this.body = new BodyCollector(bounds.temporary(), bounds.maxRequestBody());
        this.clock = new PeerClock(bounds.times());
        this.bodyProgress = new Progress(bounds.times().body(), bounds.times().minProgress());
        clock.read(HEAD, Progress.NEVER);
    }

    void run() {
        ByteBuffer input = gate.server().buffers().take();
        try {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = readOnce(input);
            }
        } finally {
            gate.server().buffers().give(input);
        }
    }

    @Override
    public boolean readOnce(ByteBuffer input) {
        readerId = Thread.currentThread().threadId();
        boolean goesOn = false;
        try {
            input.clear();
            int count = channel.read(input);
            goesOn = count >= 0 ? take(input.flip()) : end();
        } catch (ProtocolException e) {
            gate.complaints().broken(channel, e);
        } catch (IOException e) {
            goesOn = false; // A reset is a client that went away: nothing to tell.
        } catch (RuntimeException e) {
            goesOn = false;
            log().error(gate.name(), "a connection ended by a fault of ours: " + Faults.describe(e));
        } finally {
            if (!goesOn) {
                finish();
            }
        }
        return goesOn;
    }

    private boolean take(ByteBuffer input) throws ProtocolException, IOException {
        if (state == State.HEAD) {
            Parameters read = reader.read(input);
            if (read == null) {
                return true; // Its time is that of the whole head.
            }
            begin(read);
        }
        if (state == State.BODY || state == State.DROPPED) {
            body(input);
        }
        drop(input.remaining());
        clock.read(0, rest > 0 ? bodyProgress.deadline() : Progress.NEVER);
        return true;
    }

    private void drop(int bytes) throws IOException {
        dropped += bytes;
        gate.complaints().dropped(channel, dropped, gate.server().bounds().drainBytes());
    }

    private void begin(Parameters read) throws ProtocolException, IOException {
        environ = read;
        rest = HeadReader.contentLength(read.get("CONTENT_LENGTH", ""));
        boolean withBody = !read.get("REQUEST_METHOD", "GET").equals("HEAD");
        response = new PlainResponse(this, gate, withBody);
        state = State.BODY;
        bodyProgress.begin(System.nanoTime());
        if (rest > gate.server().bounds().maxRequestBody()) {
            tooLarge();
        }
    }

    private void tooLarge() {
        state = State.DROPPED;
        String limit = "The request's body of " + rest + " bytes is larger than max_request_body = "
                + gate.server().bounds().maxRequestBody() + " bytes.";
        gate.server().counters().reached("max_request_body");
        log().warning(gate.name(), Printable.of(environ.get("REQUEST_URI", "?")) + ": 413, " + limit);
        Pages.send(answer(), true, 413, "Content Too Large", limit);
    }

    private void body(ByteBuffer input) throws IOException {
        ByteBuffer piece = input.slice(input.position(), (int) Math.min(input.remaining(), rest));
        rest -= piece.remaining();
        bodyProgress.moved(piece.remaining(), System.nanoTime());
        if (state == State.DROPPED) {
            return;
        }
        input.position(input.position() + piece.remaining());
        if (!body.add(piece)) {
            throw new IllegalStateException("a body that was announced within the bound went over it");
        }
        if (rest == 0) {
            state = State.ANSWERED;
            gate.server().handle(new Request(environ, body.body(), gate.name()), answer());
        }
    }

    private PlainResponse answer() {
        PlainResponse made = response;
        if (made == null) {
            throw new IllegalStateException("no request has begun");
        }
        return made;
    }

    /// The peer has ended its side. True when the connection goes on all the same.
    private boolean end() {
        if (state == State.HEAD && reader.begun()) {
            log().event(EventLog.Level.DEBUG, gate.name(), "the web server closed within a request");
        }
        if (state != State.BODY) {
            if (state == State.ANSWERED && !closing) {
                gate.server().counters().clientsGone.increment();
            }
            return false;
        }
        long came = body.length();
        Pages.send(
                answer(),
                true,
                400,
                "Bad Request",
                "The request's body ended after " + came + " bytes of " + (came + rest) + ".");
        return false;
    }

    private EventLog log() {
        return gate.server().log();
    }

    @Override
    public boolean isSpooling() {
        return body.length() > BodyCollector.IN_MEMORY_BYTES && state == State.BODY;
    }

    private void finish() {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        clock.stop();
        PlainResponse open = response;
        if (open != null) {
            open.connectionGone();
        }
        Quietly.close(channel);
        body.close();
        gate.over(this);
        over.run();
    }

    /// Writes all of it, waiting for the peer if need be. One writer at a time; but a thread that reads from many
    /// connections does not wait for one.
    void write(ByteBuffer bytes) throws IOException {
        if (channel.isBlocking()) {
            clock.writing();
        }
        while (bytes.hasRemaining()) {
            int count = channel.write(bytes);
            if (bytes.hasRemaining()) {
                clock.wrote(count);
            }
            if (count == 0) {
                awaitWritable();
            }
        }
        clock.written();
    }

    private void awaitWritable() throws IOException {
        if (Thread.currentThread().threadId() == readerId) {
            throw new IOException("the web server does not read a small answer");
        }
        try (Selector selector = channel.provider().openSelector()) {
            channel.register(selector, SelectionKey.OP_WRITE);
            selector.select();
        }
    }

    /// Whether a request is on its way in or out.
    boolean isBusy() {
        return response != null && !closing;
    }

    /// The answer is complete.
    void ended() {
        closing = true;
        clock.closeWithin(gate.server().bounds().drainNanos());
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // The peer has closed already.
        }
    }

    /// The answer cannot be completed. These protocols have no way to say so but a reset, which TCP can do; behind a
    /// Unix socket the web server counts by Content-Length.
    void cut() {
        try {
            if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            channel.shutdownInput(); // The reading thread sees an end and closes.
        } catch (IOException e) {
            // The peer has closed already.
        }
    }

    /// Closes the connection if the peer's time is up. Called by the gate's clock.
    void expire(long now) {
        PeerClock.Late late = clock.late(now, true);
        if (late == null) {
            return;
        }
        clock.stop();
        gate.complaints().late(channel, late);
        try {
            channel.shutdownInput(); // The reading thread sees an end and closes.
            if (late == PeerClock.Late.RESPONSE) {
                channel.shutdownOutput(); // So that the writer no longer waits.
            }
        } catch (IOException e) {
            // The peer has closed already.
        }
    }
}
