package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.Reply;
import dev.penstock.fastcgi.RequestEncoder;
import dev.penstock.fastcgi.ResponseDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One connection to an application, with the exchanges that are on it.
///
/// A thread of its own reads it, from its beginning to its end; each request has another one that writes it
/// ([RequestWriter]). All are virtual. Nobody else touches the socket, so nobody else can get stuck on it.
///
/// Flow control: FastCGI has none for a single request. So a response that nobody reads fills its buffer,
/// and then the reader waits: a response that is alone slows its application down, as it should. One that
/// holds up others is aborted after [ClientOptions#slowReader]. While the reader waits, the connection takes
/// no new requests.
///
/// An exchange has its id until the application has ended it *and* nothing more can be written for it; only
/// then the id can be used again.
final class ClientConnection implements ClientResponse.Owner {
    private static final int READ_BYTES = 32 * 1024;

    /// What the owner of the connections learns.
    interface Owner {
        /// There may be room for another request, or the connection has gone.
        void changed(ClientConnection connection, boolean isGone);
    }

    /// A place in the table: an exchange and how far its writer is.
    private static final class Place {
        final Exchange exchange;
        boolean isAborted;
        /// The last of the request is being written, or was.
        boolean isWritten;
        boolean isWriterDone;
        boolean isEnded;

        Place(Exchange exchange) {
            this.exchange = exchange;
        }
    }

    private final SocketChannel channel;
    private final ClientOptions options;
    private final Owner owner;
    private final ReentrantLock writing = new ReentrantLock(true);
    private final ReentrantLock state = new ReentrantLock();
    private @Nullable Place[] places = new Place[1];
    private int used;
    private boolean hasBeenUsed;
    private boolean isStalled;
    private boolean isWorn;
    private boolean isClosed;
    private final CompletableFuture<Parameters> values = new CompletableFuture<>();

    ClientConnection(SocketChannel channel, ClientOptions options, Owner owner) {
        this.channel = channel;
        this.options = options;
        this.owner = owner;
    }

    void start() {
        Thread.ofVirtual().name("fastcgi-reader").start(this::read);
    }

    /// Asks GET_VALUES; the future fails when the connection ends.
    CompletableFuture<Parameters> askValues(List<String> names) {
        ByteBuffer out = ByteBuffer.allocate(256);
        RequestEncoder.getValues(out, names);
        startWriting(out.flip());
        return values;
    }

    /// Begins an exchange if there is room for one.
    @Nullable Exchange begin(Schedule schedule, int capacity) {
        state.lock();
        try {
            if (isClosed || isWorn || isStalled || used >= capacity) {
                return null;
            }
            int free = 0;
            while (free < places.length && places[free] != null) {
                free++;
            }
            if (free == places.length) {
                places = Arrays.copyOf(places, Math.min(capacity, 2 * places.length));
            }
            Exchange exchange = new Exchange(free + 1, hasBeenUsed, schedule, options);
            places[free] = new Place(exchange);
            used++;
            hasBeenUsed = true;
            return exchange;
        } finally {
            state.unlock();
        }
    }

    /// Requests that are on it.
    int used() {
        state.lock();
        try {
            return used;
        } finally {
            state.unlock();
        }
    }

    boolean isClosed() {
        state.lock();
        try {
            return isClosed;
        } finally {
            state.unlock();
        }
    }

    void send(Exchange exchange, ClientRequest request) {
        RequestWriter writer = new RequestWriter(this, exchange, request, options.keepConnections());
        Thread.ofVirtual().name("fastcgi-writer").start(() -> {
            try {
                writer.write();
            } finally {
                stopped(exchange);
            }
        });
    }

    /// Writes all of it. False when that cannot be done; the reader then learns what has become of the peer,
    /// which may have answered before it closed.
    boolean write(ByteBuffer records) {
        writing.lock();
        try {
            if (options.wiretap() != null) {
                options.wiretap().sent(records.asReadOnlyBuffer());
            }
            while (records.hasRemaining()) {
                channel.write(records);
            }
            return true;
        } catch (IOException e) {
            wearOut();
            return false;
        } finally {
            writing.unlock();
        }
    }

    private void startWriting(ByteBuffer records) {
        Thread.ofVirtual().name("fastcgi-writer").start(() -> write(records));
    }

    private void wearOut() {
        state.lock();
        try {
            isWorn = true;
        } finally {
            state.unlock();
        }
    }

    /// Asks the application to end the request (FastCGI 5.4), once.
    @Override
    public void abort(Exchange exchange) {
        state.lock();
        try {
            Place place = placeOf(exchange);
            if (place == null || place.isAborted || place.isEnded) {
                return;
            }
            place.isAborted = true;
        } finally {
            state.unlock();
        }
        ByteBuffer out = ByteBuffer.allocate(Encoder.HEADER_BYTES);
        RequestEncoder.abort(out, exchange.id());
        startWriting(out.flip());
    }

    /// Nobody wants the response any more. A connection that nobody else uses is closed, which every
    /// application understands; ABORT_REQUEST is understood by few.
    @Override
    public void giveUp(Exchange exchange) {
        exchange.fail(closedHere("the response was closed"));
        boolean isOpen;
        boolean isShared;
        state.lock();
        try {
            Place place = placeOf(exchange);
            isOpen = place != null && !place.isEnded;
            // One that was aborted while others were there is left to its END_REQUEST.
            isShared = used > 1 || (place != null && place.isAborted && places.length > 1);
        } finally {
            state.unlock();
        }
        if (isOpen && isShared) {
            abort(exchange);
        } else if (isOpen) {
            close();
        }
    }

    private @Nullable Place placeOf(Exchange exchange) {
        Place place = exchange.id() <= places.length ? places[exchange.id() - 1] : null;
        return place != null && place.exchange == exchange ? place : null;
    }

    /// Writes the last records of a request. What is written to this connection from now on comes behind them.
    boolean writeLast(Exchange exchange, ByteBuffer records) {
        writing.lock();
        try {
            markWritten(exchange);
            return write(records);
        } finally {
            writing.unlock();
        }
    }

    private void markWritten(Exchange exchange) {
        state.lock();
        try {
            Place place = placeOf(exchange);
            if (place != null) {
                place.isWritten = true;
            }
        } finally {
            state.unlock();
        }
    }

    /// The writer has stopped, with or without having written all.
    private void stopped(Exchange exchange) {
        boolean isFree;
        boolean isCut;
        state.lock();
        try {
            Place place = placeOf(exchange);
            if (place == null) {
                return;
            }
            place.isWriterDone = true;
            isCut = !place.isWritten && !place.isEnded;
            isFree = place.isEnded && free(place);
        } finally {
            state.unlock();
        }
        if (isCut && exchange.isOver()) {
            giveUp(exchange); // It ends in its middle, and its application must not wait for the rest.
        }
        if (isFree) {
            freed();
        }
    }

    /// The application has ended it. The place is free before anybody learns of the end, so that whoever sends
    /// the next request finds it so.
    private void end(Reply.End end) {
        Exchange exchange = exchange(end.id());
        boolean isFree;
        state.lock();
        try {
            Place place = Objects.requireNonNull(placeOf(exchange), "it is open");
            place.isEnded = true;
            boolean mayStillWrite = !place.isWritten && !place.isWriterDone;
            isFree = (!mayStillWrite || places.length == 1) && free(place);
        } finally {
            state.unlock();
        }
        exchange.end(end);
        if (isFree) {
            freed();
        }
    }

    /// Called with the lock. A request that was not written whole leaves a connection that has never been
    /// shared in doubt, and its writer may hang in reading the body; it is not used again.
    private boolean free(Place place) {
        places[place.exchange.id() - 1] = null;
        used--;
        isWorn |= !options.keepConnections() || (!place.isWritten && places.length == 1);
        return true;
    }

    private void freed() {
        boolean isUseless;
        state.lock();
        try {
            isUseless = isWorn && used == 0;
        } finally {
            state.unlock();
        }
        if (isUseless) {
            close();
        } else {
            owner.changed(this, false);
        }
    }

    private void read() {
        ResponseDecoder decoder = new ResponseDecoder(this::isOpen);
        ByteBuffer in = ByteBuffer.allocate(READ_BYTES);
        FastCgiFailure end;
        try {
            while (channel.read(in.clear()) >= 0) {
                in.flip();
                if (options.wiretap() != null) {
                    options.wiretap().received(in.asReadOnlyBuffer());
                }
                decoder.feed(in);
                for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                    take(reply);
                }
            }
            end = new FastCgiFailure(
                    FastCgiFailure.Kind.CLOSED,
                    "the application closed the connection" + (decoder.atRecordBoundary() ? "" : " within a record"));
        } catch (IOException e) {
            end = new FastCgiFailure(FastCgiFailure.Kind.CLOSED, "the connection broke: " + e.getMessage(), "", e);
        } catch (ProtocolException e) {
            end = new FastCgiFailure(FastCgiFailure.Kind.PROTOCOL, String.valueOf(e.getMessage()), "", e);
        } catch (InterruptedException e) {
            end = closedHere("the connection's reader was interrupted");
        }
        lose(end);
    }

    private boolean isOpen(int id) {
        return open(id) != null;
    }

    private @Nullable Exchange open(int id) {
        state.lock();
        try {
            Place place = id <= places.length ? places[id - 1] : null;
            return place == null || place.isEnded ? null : place.exchange;
        } finally {
            state.unlock();
        }
    }

    private Exchange exchange(int id) {
        return Objects.requireNonNull(open(id), "the decoder has asked");
    }

    private void take(Reply reply) throws InterruptedException {
        switch (reply) {
            case Reply.Stdout stdout -> deliver(exchange(stdout.id()), stdout.content());
            case Reply.Stderr stderr -> exchange(stderr.id()).error(stderr.content());
            case Reply.End end -> end(end);
            case Reply.Values answer -> values.complete(answer.values());
            case Reply.StdoutEnd _, Reply.UnknownType _ -> {}
        }
    }

    private void deliver(Exchange exchange, ByteBuffer piece) throws InterruptedException {
        if (exchange.offer(piece)) {
            return;
        }
        boolean isShared = stall(true) > 1;
        long patience = isShared ? options.slowReader().toNanos() : Long.MAX_VALUE;
        if (!exchange.putPatiently(piece, patience)) {
            abort(exchange);
        }
        stall(false);
        owner.changed(this, false);
    }

    /// Says whether the reader waits; gives the number of requests that wait with it.
    private int stall(boolean isWaiting) {
        state.lock();
        try {
            isStalled = isWaiting;
            return used;
        } finally {
            state.unlock();
        }
    }

    private static FastCgiFailure closedHere(String message) {
        return new FastCgiFailure(FastCgiFailure.Kind.ENDED_HERE, message);
    }

    /// Closes it; exchanges that are open fail.
    void close() {
        lose(closedHere("the connection was closed here"));
    }

    private void lose(FastCgiFailure why) {
        @Nullable Place[] lost;
        state.lock();
        try {
            if (isClosed) {
                return;
            }
            isClosed = true;
            lost = places;
            places = new Place[0];
            used = 0;
        } finally {
            state.unlock();
        }
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more, whatever the system says.
        }
        values.completeExceptionally(why);
        for (Place place : lost) {
            if (place != null) {
                place.exchange.fail(why);
            }
        }
        owner.changed(this, true);
    }
}
