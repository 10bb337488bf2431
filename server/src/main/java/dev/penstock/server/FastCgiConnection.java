package dev.penstock.server;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One connection from a web server: any number of requests, one after the other or interleaved. One
/// thread at a time owns the reading, by [#run] or by [#readOnce]; the writing belongs to the [Outbox].
///
/// | state | BEGIN without KEEP_CONN | nothing more is read ([#run]) | no answer is open | over |
/// |---|---|---|---|---|
/// | OPEN: kept | LAST | | | CLOSED |
/// | LAST: to be closed | | READ | ANSWERED | CLOSED |
/// | READ: nobody reads | | | CLOSED | CLOSED |
/// | ANSWERED: output shut | | CLOSED | | CLOSED |
///
/// Over: the peer has closed, broken the protocol, or taken too long. In ANSWERED the connection is not
/// closed before the peer has closed or `drain_timeout` or `drain_bytes` are used up: closing with
/// unread input resets it, and web servers turn that into an error for an answer that was fine. While a
/// request is being answered the reading goes on, so that a client's abort is noticed.
final class FastCgiConnection implements Poller.Connection {
    /// What a connection may hold of requests that come in even when `request_memory` is used up: a common request.
    private static final long FAIR_BYTES = 4096;

    /// Refusals that a peer may leave unread.
    private static final int MAX_REFUSALS = 64;

    private enum State {
        OPEN,
        LAST,
        READ,
        ANSWERED,
        CLOSED
    }

    private final SocketChannel channel;
    private final FastCgiGate gate;
    private final Runnable over;
    private final Decoder decoder;
    private final Outbox outbox;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    /// Requests whose body is not complete, by id; only the reading thread uses it.
    private final Map<Integer, Incoming> incoming = new HashMap<>(2);

    private final Map<Integer, FastCgiResponse> answering = new ConcurrentHashMap<>(2);
    private final PeerClock clock;
    /// Requests whose body is not complete, for other threads than the reading one.
    private volatile int bodies;

    /// Bytes that the gate counts as held by this connection; the reading thread's.
    private long held;

    /// Bytes of bodies that were read and dropped since something was last of use.
    private long dropped;

    /// @param over called once when the connection is closed
    FastCgiConnection(SocketChannel channel, FastCgiGate gate, Runnable over) {
        this.channel = channel;
        this.gate = gate;
        this.over = over;
        this.decoder = new Decoder(gate.bounds().parameters());
        this.clock = new PeerClock(gate.bounds().times());
        this.outbox = new Outbox(channel, gate, clock, this::writingFailed);
    }

    // ---- Reading

    /// Reads the connection until it is over, or until its last request is complete: the web servers that
    /// spawn processes open a connection for each request and do not tell of a client's abort, so the
    /// thread is of more use elsewhere. The connection is then closed by the thread that ends the response.
    void run() {
        ByteBuffer input = gate.buffers().take();
        try {
            while (readOnce(input)) {
                if (state.get() != State.OPEN && incoming.isEmpty()) {
                    if (!state.compareAndSet(State.LAST, State.READ)) {
                        outbox.whenIdle(this::finish);
                    }
                    return;
                }
            }
        } finally {
            gate.buffers().give(input);
        }
    }

    /// Reads once and does what that asks for. False when the connection is over; it is closed then.
    ///
    /// @param input any buffer; nothing of it is kept
    @Override
    public boolean readOnce(ByteBuffer input) {
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
            gate.complaints().broken(channel, e);
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
        account();
        bodies = incoming.size();
        clock.read(decoder.unfinishedHead(), bodyDeadline());
    }

    /// Tells the gate what requests hold that are not complete, when that has changed.
    private void account() throws ProtocolException {
        long now = decoder.heldBytes();
        for (Incoming request : incoming.values()) {
            now += request.held();
        }
        boolean fits = now == held || gate.hold(now - held);
        held = now;
        if (!fits && now > FAIR_BYTES) {
            throw new ProtocolException(
                    "all requests on their way in hold more than "
                            + gate.bounds().requestMemory() + " bytes, this" + " connection " + now
                            + " of them (request_memory)",
                    "request_memory");
        }
    }

    /// When the first body that is under way is late. Those that are late now get their answer: here the
    /// connection is shared, and the others are none the worse for it.
    private long bodyDeadline() {
        long first = Progress.NEVER;
        for (Incoming request : incoming.values()) {
            if (!request.isRejected() && request.progress().isOverdue(System.nanoTime())) {
                tooSlow(request);
            }
            first = Math.min(first, request.progress().deadline());
        }
        return first;
    }

    private void tooSlow(Incoming request) {
        gate.complaints().lateBody(channel);
        request.reject();
        request.progress().begin(System.nanoTime());
        String limit = "The request's body came too slowly: less than "
                + gate.bounds().times().minProgress() + " bytes (min_progress) in "
                + gate.bounds().times().body().toSeconds() + " s (body_timeout).";
        Pages.send(request.response(), true, 408, "Request Timeout", limit);
    }

    /// Counts what is read for nobody, because its request has its answer.
    private void drop(int bytes) throws IOException {
        dropped += bytes;
        gate.complaints().dropped(channel, dropped, gate.bounds().drainBytes());
    }

    /// Whether a body is on its way that is large enough for a file: work for a thread that others do not
    /// wait for. Asked by the reading thread.
    @Override
    public boolean isSpooling() {
        for (Incoming request : incoming.values()) {
            if (request.isSpooling()) {
                return true;
            }
        }
        return false;
    }

    private void handle(Event event) throws IOException {
        switch (event) {
            case Event.Begin begin -> begin(begin);
            case Event.Stdin piece -> body(piece.id(), piece.content());
            case Event.StdinEnd end -> inputEnd(end.id());
            case Event.Data data -> body(data.id(), data.content());
            case Event.DataEnd end -> complete(incoming.remove(end.id()));
            case Event.Abort abort -> abort(abort.id());
            case Event.AbortedEarly early -> abortedEarly(early);
            case Event.Refused refused -> refuse(refused);
            case Event.GetValues asked -> reply(out -> Encoder.values(out, gate.values(asked.names())));
            case Event.UnknownManagement unknown -> reply(out -> Encoder.unknownType(out, unknown.type()));
        }
    }

    private FastCgiResponse response(int id, boolean keepConnection, boolean withBody) {
        FastCgiResponse response = new FastCgiResponse(this, gate, id, withBody);
        if (!keepConnection) {
            state.compareAndSet(State.OPEN, State.LAST);
        }
        // A refusal of an id that is being answered does not take the answer's place.
        answering.putIfAbsent(id, response);
        return response;
    }

    private void begin(Event.Begin begin) throws IOException {
        if (state.get() == State.ANSWERED) {
            return; // The web server was told that nothing follows.
        }
        boolean busy = answering.containsKey(begin.id());
        boolean overloaded = answering.size() >= gate.bounds().parameters().maxConcurrentRequests();
        boolean withBody = !begin.parameters().get("REQUEST_METHOD", "GET").equals("HEAD");
        FastCgiResponse response = response(begin.id(), begin.keepConnection(), withBody);
        Incoming request = new Incoming(
                begin.role(),
                begin.parameters(),
                response,
                new BodyCollector(gate.bounds().temporary(), gate.bounds().maxRequestBody()),
                gate.bounds().times());
        if (!gate.serves(begin.role())) {
            request.reject();
            refuse(response, ProtocolStatus.UNKNOWN_ROLE, "asks for the role " + begin.role() + " (setting role)");
        } else if (busy) {
            request.reject();
            refuse(response, ProtocolStatus.CANT_MPX_CONN, "uses the id of a request that is being answered");
        } else if (overloaded) {
            gate.counters().reached("max_requests_per_connection");
            request.reject();
            refuse(response, ProtocolStatus.OVERLOADED, gate.tooManyRequests());
        }
        if (begin.role() != Role.AUTHORIZER) {
            incoming.put(begin.id(), request);
        } else {
            complete(request);
        }
    }

    private void refuse(Event.Refused refused) throws IOException {
        boolean overloaded = refused.status() == ProtocolStatus.OVERLOADED;
        if (overloaded) {
            gate.counters().reached("max_requests_per_connection");
        }
        String why = overloaded ? gate.tooManyRequests() : "asks for no known role";
        refuse(response(refused.id(), refused.keepConnection(), true), refused.status(), why);
    }

    private void refuse(FastCgiResponse response, ProtocolStatus status, String why) throws IOException {
        if (outbox.waiting() > gate.bounds().parameters().maxConcurrentRequests() + MAX_REFUSALS) {
            throw new IOException("the web server sends requests and does not read the answers");
        }
        gate.counters().refused.increment();
        response.status(status);
        Pages.send(response, true, 503, "Service Unavailable", "This request " + why + ".", "Retry-After", "1");
    }

    private void body(int id, ByteBuffer piece) throws IOException {
        Incoming request = incoming.get(id);
        if (request != null) {
            request.progress().moved(piece.remaining(), System.nanoTime());
        }
        if (request == null || request.isRejected()) {
            drop(piece.remaining());
        } else if (!request.add(piece)) {
            request.reject();
            String limit = "The request's body is larger than max_request_body = "
                    + gate.bounds().maxRequestBody() + " bytes.";
            String what = Printable.of(request.environ().get("REQUEST_URI", "?"));
            gate.counters().reached("max_request_body");
            gate.log().warning(gate.name(), what + ": 413, " + limit);
            Pages.send(request.response(), true, 413, "Content Too Large", limit);
        }
    }

    private void inputEnd(int id) {
        Incoming request = incoming.get(id);
        if (request == null) {
            return;
        }
        request.inputEnds();
        if (request.role() != Role.FILTER) {
            complete(incoming.remove(id));
        }
    }

    private void complete(@Nullable Incoming request) {
        if (request == null || request.isRejected()) {
            return;
        }
        dropped = 0;
        String truncation = request.truncation();
        if (truncation != null) {
            request.reject();
            Pages.send(request.response(), true, 400, "Bad Request", truncation);
        } else {
            gate.handle(request.request(gate.name()), request.response());
        }
    }

    private void abortedEarly(Event.AbortedEarly early) {
        FastCgiResponse response = response(early.id(), early.keepConnection(), false);
        response.cancel();
        response.end();
    }

    /// Before its body is complete a request is ended at once; later it is for the application to end it,
    /// which learns that it is cancelled: until then it holds its id, so that a web server which begins and
    /// aborts cannot make more work than `max_requests_per_connection`.
    private void abort(int id) {
        Incoming request = incoming.remove(id);
        FastCgiResponse response = answering.get(id);
        if (request != null) {
            request.close();
        }
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
            outbox.control(out.flip());
        } finally {
            gate.buffers().give(out);
        }
    }

    // ---- Writing

    Outbox outbox() {
        return outbox;
    }

    /// A response is complete and its END_REQUEST is about to be written: as soon as the web server sees
    /// that, it may use the id again. By the thread that writes it.
    void ending(FastCgiResponse response) {
        clock.idle();
        answering.remove(response.id(), response);
    }

    /// An END_REQUEST is written, or never will be.
    void ended() {
        if (!answering.isEmpty()) {
            return;
        }
        if (state.compareAndSet(State.LAST, State.ANSWERED)) {
            outbox.whenIdle(this::shutOutput);
        } else if (state.get() == State.READ) {
            outbox.whenIdle(this::finish);
        }
    }

    private void shutOutput() {
        clock.closeWithin(gate.bounds().drainNanos());
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // The peer has closed already.
        }
    }

    /// What is under way is for nobody. The reading thread sees the end of the connection and closes it.
    private void writingFailed() {
        answering.values().forEach(FastCgiResponse::connectionGone);
        cut();
    }

    // ---- The end

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

    /// Closes. Any thread; by the reading one as long as there is one.
    private void finish() {
        if (state.getAndSet(State.CLOSED) == State.CLOSED) {
            return;
        }
        clock.stop();
        gate.hold(-held);
        Quietly.close(channel);
        incoming.values().forEach(Incoming::close);
        answering.values().forEach(FastCgiResponse::connectionGone);
        gate.over(this);
        over.run();
    }

    /// Whether more than one request has no answer yet.
    boolean isShared() {
        return answering.size() > 1;
    }

    /// Whether a request is on its way in or out.
    boolean isBusy() {
        return !answering.isEmpty() || !outbox.isIdle();
    }

    /// Closes the connection if the peer's time is up. Called by the gate's clock.
    void expire(long now) {
        PeerClock.Late late = clock.late(now, isBusy());
        // A slow body does not take down the requests that share its connection: see bodyDeadline.
        if (late != null && !(late == PeerClock.Late.BODY && answering.size() > bodies)) {
            clock.stop();
            gate.complaints().late(channel, late);
            cut();
        }
    }

    /// How long there has been no request, in nanoseconds; negative while there is one, or the end is near.
    long idleNanos(long now) {
        return isBusy() || clock.owes() || state.get() != State.OPEN ? -1 : now - clock.idleSince();
    }

    boolean isOpen() {
        return state.get() != State.CLOSED;
    }

    /// Who is at the other end.
    String peer() {
        return PeerName.of(channel);
    }
}
