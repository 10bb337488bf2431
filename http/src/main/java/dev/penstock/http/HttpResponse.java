package dev.penstock.http;

import dev.penstock.server.Head;
import dev.penstock.server.Overflow;
import dev.penstock.server.Pages;
import dev.penstock.server.Response;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;

/// An answer on its way to an HTTP client.
///
/// What the application writes is gathered into pieces, put into an [Overflow], and taken out of it by a
/// [Pump] at the client's pace. So a short answer leaves as one piece with its length, and the
/// application waits for nobody before the bounds are used up.
final class HttpResponse implements Response {
    private static final int PIECE_BYTES = 16 * 1024;

    private enum State {
        NEW,
        STARTED,
        ENDED
    }

    private final Gate gate;
    private final Request request;
    private final org.eclipse.jetty.server.Response jetty;
    private final Overflow overflow;
    private final Pump pump;
    private State state = State.NEW;
    private boolean withBody;
    /// The application's answer was one that cannot be sent; a page of ours has gone out instead.
    private boolean replaced;

    private byte[] gathering = new byte[1024];
    private int gathered;

    /// @param callback told when the answer is out, or will never be
    HttpResponse(Gate gate, Request request, org.eclipse.jetty.server.Response jetty, Callback callback) {
        this.gate = gate;
        this.request = request;
        this.jetty = jetty;
        this.overflow = new Overflow(gate.bounds());
        this.withBody = !HttpMethod.HEAD.is(request.getMethod());
        this.pump = new Pump(request, jetty, overflow, callback);
    }

    @Override
    public void start(Head head) {
        if (state != State.NEW) {
            throw new IllegalStateException("the response has been started already");
        }
        String limit = Pages.overHead(head, gate.bounds());
        if (limit != null) {
            gate.log().warning("http", limit);
            Pages.send(this, withBody, 502, "Bad Gateway", limit);
            replaced = true;
            return;
        }
        state = State.STARTED;
        int status = head.status();
        jetty.setStatus(status);
        head.forEachHeader(this::header);
        if (status == 204 || status == 304) {
            withBody = false;
            jetty.getHeaders().remove(HttpHeader.CONTENT_LENGTH);
        }
    }

    private void header(String name, String value) {
        switch (name.toLowerCase(Locale.ROOT)) {
            // How the bytes travel is this listener's affair (RFC 9110, 7.6.1).
            case "transfer-encoding", "keep-alive", "upgrade", "trailer", "te" -> {}
            // Jetty has put its own there.
            case "date", "server" -> jetty.getHeaders().put(name, value);
            default -> jetty.getHeaders().add(new HttpField(name, value));
        }
    }

    @Override
    public void write(ByteBuffer bytes) {
        if (replaced) {
            return;
        }
        if (state != State.STARTED) {
            throw new IllegalStateException("a body can be written between start and end only, not when " + state);
        }
        int length = bytes.remaining();
        if (!withBody || length == 0 || cancelled()) {
            return;
        }
        if (gathered + length > PIECE_BYTES) {
            putGathered();
        }
        if (length > PIECE_BYTES) {
            put(bytes);
        } else {
            gather(bytes, length);
        }
    }

    private void gather(ByteBuffer bytes, int length) {
        int total = gathered + length;
        if (total > gathering.length) {
            gathering = Arrays.copyOf(gathering, Math.min(PIECE_BYTES, Math.max(total, 4 * gathering.length)));
        }
        bytes.get(gathering, gathered, length);
        gathered = total;
    }

    private void putGathered() {
        int length = gathered;
        gathered = 0;
        if (length > 0) {
            put(ByteBuffer.wrap(gathering, 0, length));
        }
    }

    private void put(ByteBuffer bytes) {
        try {
            overflow.put(bytes);
            pump.iterate();
        } catch (IOException e) {
            gate.log().error(Gate.NAME, "cannot hold a response back for a slow client: " + e.getMessage());
            cut(e);
        }
    }

    @Override
    public void flush() {
        putGathered();
        pump.sendHead();
    }

    @Override
    public void end() {
        if (state != State.STARTED) {
            return;
        }
        state = State.ENDED;
        int length = gathered;
        gathered = 0;
        pump.end(ByteBuffer.wrap(gathering, 0, length));
    }

    @Override
    public void tear(String reason) {
        switch (state) {
            case NEW -> Pages.send(this, withBody, 502, "Bad Gateway", "The application gave no answer.");
            case STARTED -> {
                state = State.ENDED;
                cut(new IOException(reason));
            }
            case ENDED -> {}
        }
    }

    /// Resets the connection: the client must not take what it has for whole, even where a response ends with it.
    private void cut(Throwable why) {
        pump.whenClientGone(() -> {}); // It has not: a write that fails now is our doing.
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        if (endPoint.getTransport() instanceof SocketChannel channel) {
            resetOnClose(channel);
        }
        endPoint.close();
        pump.abort(why);
    }

    private static void resetOnClose(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // It is closed already.
        }
    }

    /// The request cannot be read to its end, so there will be no answer.
    void lost(Throwable why) {
        state = State.ENDED;
        pump.abort(why);
    }

    @Override
    public boolean cancelled() {
        return pump.isClientGone();
    }

    @Override
    public void whenCancelled(Runnable action) {
        pump.whenClientGone(action);
    }
}
