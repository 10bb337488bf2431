package dev.penstock.server;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One connection from a web server. One thread owns the reading, by [#run] or by [#readOnce]; whoever
/// has a request's [Response] writes, one writer at a time.
///
/// ```
/// reading --BEGIN..STDIN end--> answering --END_REQUEST, keep connection--> reading
///                                        --END_REQUEST, otherwise-------> output shut, waiting for
///                                                                          the peer to close
/// ```
///
/// The connection is not closed before the peer has closed or [#LINGER_NANOS] have passed: closing
/// with unread input resets it, and web servers turn that into an error for an answer that was fine.
/// While a request is being answered the reading goes on, so that a client's abort is noticed.
final class FastCgiConnection {
    private static final long LINGER_NANOS = 5_000_000_000L;

    /// How long a peer may pause in the middle of a request's parameters or body.
    private static final long READ_NANOS = 120_000_000_000L;

    private final SocketChannel channel;
    private final FastCgiGate gate;
    private final Decoder decoder;
    /// Requests whose body is not complete, by id; only the reading thread uses it.
    private final Map<Integer, Incoming> incoming = new java.util.HashMap<>(2);

    private final Map<Integer, FastCgiResponse> answering = new ConcurrentHashMap<>(2);
    private final ReentrantLock writing = new ReentrantLock();
    /// When the peer's time is up, by [System#nanoTime]; [Long#MAX_VALUE] while it has no duty.
    private volatile long deadline = Long.MAX_VALUE;

    private volatile boolean closing;
    private volatile long readerId;
    private final Runnable over;
    private final AtomicBoolean finished = new AtomicBoolean();
    private final AtomicBoolean oneIsDone = new AtomicBoolean();
    private volatile boolean readerLeaves;
    private boolean lastRequestBegan;

    /// @param over called once when the connection is closed
    FastCgiConnection(SocketChannel channel, FastCgiGate gate, Runnable over) {
        this.channel = channel;
        this.gate = gate;
        this.over = over;
        this.decoder = new Decoder(gate.bounds().parameters());
    }

    /// A request on its way in. `rejected` requests are answered already; their rest is read and dropped.
    private static final class Incoming {
        final Parameters environ;
        final BodyCollector body;
        final FastCgiResponse response;
        boolean rejected;

        Incoming(Parameters environ, BodyCollector body, FastCgiResponse response) {
            this.environ = environ;
            this.body = body;
            this.response = response;
        }
    }

    /// Reads the connection until it is over, or until its last request is complete: the web servers that
    /// spawn processes open a connection for each request and do not tell of a client's abort, so the
    /// thread is of more use elsewhere. The connection is then closed by the thread that ends the response.
    void run() {
        readerLeaves = true;
        ByteBuffer input = gate.buffers().take();
        try {
            while (readOnce(input)) {
                if (lastRequestBegan && incoming.isEmpty()) {
                    finishIfBothAreDone();
                    return;
                }
            }
        } finally {
            gate.buffers().give(input);
        }
    }

    /// Reading and answering are done by two threads; the second one closes.
    private void finishIfBothAreDone() {
        if (!oneIsDone.compareAndSet(false, true)) {
            finish();
        }
    }

    /// Reads once and does what that asks for. False when the connection is over; it is closed then.
    ///
    /// @param input any buffer; nothing of it is kept
    boolean readOnce(ByteBuffer input) {
        readerId = Thread.currentThread().threadId();
        boolean goesOn = false;
        try {
            goesOn = read(input);
            if (goesOn) {
                decode(input);
            } else if (decoder.midRequest() || !decoder.atRecordBoundary()) {
                gate.log().event(EventLog.Level.DEBUG, gate.name(), "the web server closed within a request");
            }
        } catch (ProtocolException e) {
            goesOn = false;
            gate.counters().protocolErrors.increment();
            gate.log().warning(gate.name(), "closed a connection: " + Printable.of(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            goesOn = false; // A reset is a client that went away: nothing to tell.
        } catch (RuntimeException e) {
            goesOn = false;
            gate.log().error(gate.name(), "a connection ended by a fault of ours: " + Faults.describe(e));
        } finally {
            if (!goesOn) {
                finish();
            }
        }
        return goesOn;
    }

    private boolean read(ByteBuffer input) throws IOException {
        input.clear();
        int count = channel.read(input);
        input.flip();
        return count >= 0;
    }

    private void decode(ByteBuffer input) throws ProtocolException, IOException {
        decoder.feed(input);
        Event event = decoder.next();
        while (event != null) {
            handle(event);
            event = decoder.next();
        }
        if (!closing) {
            deadline = decoder.midRequest() ? System.nanoTime() + READ_NANOS : Long.MAX_VALUE;
        }
        if (closing) { // Perhaps since the line before, by the thread that answers.
            deadline = System.nanoTime() + LINGER_NANOS;
        }
    }

    /// Whether a body is on its way that is large enough for a file: work for a thread of its own.
    boolean isSpooling() {
        for (Incoming request : incoming.values()) {
            if (request.body.length() > BodyCollector.IN_MEMORY_BYTES) {
                return true;
            }
        }
        return false;
    }

    private void finish() {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        deadline = Long.MAX_VALUE;
        Quietly.close(channel);
        incoming.values().forEach(request -> request.body.close());
        answering.values().forEach(FastCgiResponse::connectionGone);
        gate.over(this);
        over.run();
    }

    private void handle(Event event) throws IOException {
        switch (event) {
            case Event.Begin begin -> begin(begin);
            case Event.Stdin piece -> body(piece.id(), piece.content());
            case Event.StdinEnd end -> bodyEnd(end.id());
            case Event.Data data -> data.content().limit(data.content().position());
            case Event.DataEnd ignored -> {}
            case Event.Abort abort -> abort(abort.id());
            case Event.AbortedEarly early -> end(response(early.id(), early.keepConnection(), false));
            case Event.Refused refused ->
                refuse(response(refused.id(), refused.keepConnection(), true), refused.status(), "cannot be taken");
            case Event.GetValues asked -> reply(out -> Encoder.values(out, gate.values(asked.names())));
            case Event.UnknownManagement unknown -> reply(out -> Encoder.unknownType(out, unknown.type()));
        }
    }

    private FastCgiResponse response(int id, boolean keepConnection, boolean withBody) {
        FastCgiResponse response = new FastCgiResponse(this, gate, id, keepConnection, withBody);
        lastRequestBegan |= !keepConnection;
        // A refusal of an id that is being answered does not take the answer's place.
        answering.putIfAbsent(id, response);
        return response;
    }

    private void begin(Event.Begin begin) {
        Parameters environ = begin.parameters();
        boolean withBody = !environ.get("REQUEST_METHOD", "GET").equals("HEAD");
        boolean busy = answering.containsKey(begin.id());
        FastCgiResponse response = response(begin.id(), begin.keepConnection(), withBody);
        BodyCollector body =
                new BodyCollector(gate.bounds().temporary(), gate.bounds().maxRequestBody());
        Incoming request = new Incoming(environ, body, response);
        if (begin.role() != Role.RESPONDER) {
            request.rejected = true;
            refuse(
                    response,
                    ProtocolStatus.UNKNOWN_ROLE,
                    "asks for the role " + begin.role() + ", only RESPONDER is served");
        } else if (busy) {
            request.rejected = true;
            refuse(response, ProtocolStatus.CANT_MPX_CONN, "uses the id of a request that is being answered");
        }
        if (begin.role() != Role.AUTHORIZER) {
            incoming.put(begin.id(), request);
        }
    }

    private static void refuse(FastCgiResponse response, ProtocolStatus status, String why) {
        response.status(status);
        Pages.send(response, true, 503, "Service Unavailable", "This request " + why + ".", "Retry-After", "1");
    }

    private void body(int id, ByteBuffer piece) throws IOException {
        Incoming request = incoming.get(id);
        if (request == null || request.rejected || request.body.add(piece)) {
            return;
        }
        request.rejected = true;
        request.body.close();
        String limit = "The request's body is larger than max_request_body = "
                + gate.bounds().maxRequestBody() + " bytes.";
        gate.log().warning(gate.name(), Printable.of(request.environ.get("REQUEST_URI", "?")) + ": 413, " + limit);
        Pages.send(request.response, true, 413, "Content Too Large", limit);
    }

    private void bodyEnd(int id) {
        Incoming request = incoming.remove(id);
        if (request == null || request.rejected) {
            return;
        }
        Long announced = contentLength(request.environ);
        if (announced != null && announced > request.body.length()) {
            request.body.close();
            Pages.send(
                    request.response,
                    true,
                    400,
                    "Bad Request",
                    "The request's body ended after " + request.body.length() + " bytes of " + announced + ".");
            return;
        }
        gate.handle(request.environ, request.body.body(), request.response, announced != null);
    }

    /// CONTENT_LENGTH as a number; null when it is absent, empty or nonsense: the end of STDIN is the truth.
    private static @Nullable Long contentLength(Parameters environ) {
        String text = environ.get("CONTENT_LENGTH", "").strip();
        if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        return Long.valueOf(text);
    }

    private static void end(FastCgiResponse response) {
        response.cancel();
        response.end();
    }

    private void abort(int id) {
        Incoming request = incoming.remove(id);
        if (request != null) {
            request.body.close();
        }
        FastCgiResponse response = answering.get(id);
        if (response != null) {
            response.cancel();
            if (request != null) {
                response.end();
            }
        }
    }

    private interface Answer {
        void put(ByteBuffer out);
    }

    private void reply(Answer answer) throws IOException {
        ByteBuffer out = gate.buffers().take();
        try {
            answer.put(out);
            write(out.flip());
        } finally {
            gate.buffers().give(out);
        }
    }

    /// Writes whole records, waiting for the peer if need be. Any thread; but one that reads from many
    /// connections does not wait for one.
    void write(ByteBuffer records) throws IOException {
        writing.lock();
        try {
            while (records.hasRemaining()) {
                if (channel.write(records) == 0) {
                    awaitWritable();
                }
            }
        } finally {
            writing.unlock();
        }
    }

    private void awaitWritable() throws IOException {
        if (Thread.currentThread().threadId() == readerId) {
            throw new IOException("the web server sends requests and does not read the answers");
        }
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_WRITE);
            selector.select();
        }
    }

    /// Whether a request is on its way in or out.
    boolean isBusy() {
        return !answering.isEmpty();
    }

    /// Whether this response is the only one that this connection carries, so that what the socket's
    /// buffer takes is known.
    boolean isAlone() {
        return answering.size() == 1;
    }

    /// A response is complete and its END_REQUEST is about to be written: as soon as the web server sees
    /// that, it may use the id again. By the thread that has the response.
    void ending(FastCgiResponse response) {
        answering.remove(response.id(), response);
    }

    /// The END_REQUEST is written.
    void ended(FastCgiResponse response) {
        if (response.keepConnection()) {
            return;
        }
        if (readerLeaves) {
            finishIfBothAreDone();
        } else {
            shutOutput();
        }
    }

    /// A response cannot be completed: the web server must not take it for whole. It sees an end without
    /// END_REQUEST; the reading thread sees one too and closes.
    void cut() {
        try {
            channel.shutdownOutput();
            channel.shutdownInput();
        } catch (IOException e) {
            // The peer has closed already.
        }
    }

    private void shutOutput() {
        closing = true;
        deadline = System.nanoTime() + LINGER_NANOS;
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // The peer has closed already.
        }
    }

    /// Closes the connection if the peer's time is up. Called by the gate's clock.
    void expire(long now) {
        if (now - deadline >= 0 && deadline != Long.MAX_VALUE) {
            gate.counters().timedOut.increment();
            cut();
        }
    }
}
