package dev.penstock.python;

import dev.penstock.server.Body;
import dev.penstock.server.Head;
import dev.penstock.server.Printable;
import dev.penstock.server.Quietly;
import dev.penstock.server.Response;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// What one worker thread sends back: one stream, read by one server thread, a request at a time.
///
/// ```
/// IDLE --HEAD id--> ANSWERING --BODY*--> ANSWERING --END id--> IDLE
///                             --TORN id--> IDLE
/// WANT id and ERRORS text may come at any time; EOF means that the worker has gone
/// ```
///
/// A frame that does not fit this is the end of the worker.
final class WorkerStream implements Runnable {
    /// A response's head at the most: what no application needs. The front's own bound is lower
    /// (`max_response_head`), and over that one the worker lives on.
    private static final int MAX_HEAD_BYTES = 2 * 1024 * 1024;

    private static final int MAX_TEXT_BYTES = 1024 * 1024;

    private final AFUNIXSocketChannel channel;
    private final FrameReader frames;
    private final Worker worker;
    private final int slot;
    private final Generation generation;
    private @Nullable InFlight current;

    WorkerStream(AFUNIXSocketChannel channel, Worker worker, int slot, Generation generation) {
        this.channel = channel;
        this.frames = new FrameReader(channel);
        this.worker = worker;
        this.slot = slot;
        this.generation = generation;
    }

    @Override
    public void run() {
        String reason = "the worker has gone";
        try {
            int type = frames.next();
            while (type >= 0) {
                take(type);
                type = frames.next();
            }
        } catch (IOException | IllegalArgumentException e) {
            reason = e.getMessage() != null ? e.getMessage() : e.toString();
            worker.distrusted(reason);
        } finally {
            close();
            generation.streamEnded(this, reason);
        }
    }

    private void take(int type) throws IOException {
        switch (type) {
            case Frame.HEAD -> head();
            case Frame.BODY -> body();
            case Frame.END -> end();
            case Frame.TORN -> torn();
            case Frame.ERRORS -> errors(new String(frames.payload(MAX_TEXT_BYTES), StandardCharsets.UTF_8));
            case Frame.WANT -> want();
            default -> throw new IOException("a frame of unknown type " + type);
        }
    }

    /// Text for the log: of the request that the thread has, as far as that can be known.
    private void errors(String text) {
        worker.errors(text);
        InFlight request = generation.textGoesTo(this);
        if (request != null && request.claim(this)) {
            request.response().errors(text);
        }
    }

    private void head() throws IOException {
        if (current != null) {
            throw new IOException("a second head before the first response's end");
        }
        InFlight request = generation.inFlight(frames.number());
        if (request == null || !request.claim(this)) {
            throw new IOException("a response to a request that this worker does not have");
        }
        current = request;
        Head head = Head.parse(frames.payload(MAX_HEAD_BYTES));
        request.begun();
        if (request.response().cancelled()) {
            generation.clientsGone().tell(request); // It went before anyone knew whose request this is.
        }
        request.response().start(head);
        flushUnlessMore(request.response());
    }

    private void body() throws IOException {
        Response response = answering().response();
        for (ByteBuffer piece = frames.piece(); piece != null; piece = frames.piece()) {
            response.write(piece);
        }
        flushUnlessMore(response);
    }

    /// Each chunk is on its way before the application makes the next; but what has arrived together
    /// leaves together.
    private void flushUnlessMore(Response response) {
        if (!frames.hasMore()) {
            response.flush();
        }
    }

    private void end() throws IOException {
        InFlight request = answering();
        expectId(request);
        current = null;
        request.response().end();
        generation.ended(request, worker);
    }

    private void torn() throws IOException {
        InFlight request = answering();
        expectId(request);
        current = null;
        request.response().tear("the application failed within its response");
        generation.ended(request, worker);
    }

    private InFlight answering() throws IOException {
        InFlight request = current;
        if (request == null) {
            throw new IOException("a response without its head");
        }
        return request;
    }

    private void expectId(InFlight request) throws IOException {
        long id = frames.number();
        if (id != request.id() || frames.left() > 0) {
            throw new IOException("the end of request " + id + " within the response to " + request.id());
        }
    }

    private void want() throws IOException {
        InFlight request = generation.inFlight(frames.number());
        if (request == null || frames.left() > 0 || !request.claim(this)) {
            throw new IOException("asks for a request that it does not have");
        }
        if (request.isByStream()) {
            send(Frame.REQUEST, RequestQueue.whole(request));
        }
        if (request.request().body() instanceof Body.Spooled spooled) {
            ByteBuffer payload = payload(16).putLong(request.id()).putLong(spooled.length());
            channel.setOutboundFileDescriptors(spooled.descriptor());
            send(Frame.SPOOL, payload.flip());
        } else if (!request.isByStream()) {
            throw new IOException("asks for a body that it was given");
        }
    }

    /// Asks the worker to finish what it has and go.
    ///
    /// @param drain whether it takes what is left in the queue first
    void retire(boolean drain) {
        try {
            send(Frame.RETIRE, payload(1).put((byte) (drain ? 1 : 0)).flip());
        } catch (IOException e) {
            // It has gone already.
        }
    }

    private synchronized void send(int type, ByteBuffer payload) throws IOException {
        ByteBuffer frame = payload(Frame.HEADER_BYTES + payload.remaining());
        frame.put((byte) type)
                .put(new byte[3])
                .putInt(payload.remaining())
                .put(payload)
                .flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    private static ByteBuffer payload(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The reading thread's last act. A channel over a copied descriptor leaves that open.
    private void close() {
        Quietly.close(channel);
        try {
            FileDescriptor copy = channel.getFileDescriptor();
            if (copy.valid()) {
                new FileInputStream(copy).close();
            }
        } catch (IOException e) {
            // It was closed with its channel.
        }
    }

    Worker worker() {
        return worker;
    }

    int slot() {
        return slot;
    }

    /// The request whose response was under way when the stream ended.
    @Nullable InFlight interrupted() {
        return current;
    }

    @Override
    public String toString() {
        return Printable.of("worker " + worker.number() + " slot " + slot);
    }
}
