package dev.penstock.http;

import dev.penstock.server.Overflow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/// Moves a response from its [Overflow] to Jetty, one write at a time, each begun when the one before is
/// through. Whoever adds something calls [#iterate]; nobody waits here.
final class Pump extends IteratingCallback {
    private final Request request;
    private final Response response;
    private final Overflow overflow;
    private final Callback done;
    /// The head goes out on its own: before anything else is there, or where a body's length must not be guessed.
    private volatile boolean headAlone;

    /// What the application gave with its end; nothing comes after it.
    private volatile @Nullable ByteBuffer rest;

    private volatile boolean clientGone;
    private final AtomicReference<@Nullable Runnable> whenClientGone = new AtomicReference<>();
    private boolean headSent;
    private boolean lastSent;

    Pump(Request request, Response response, Overflow overflow, Callback done) {
        this.request = request;
        this.response = response;
        this.overflow = overflow;
        this.done = done;
        // Sent with the end, Jetty would add a length of 0; the body that is left out has another.
        this.headAlone = HttpMethod.HEAD.is(request.getMethod());
    }

    boolean isClientGone() {
        return clientGone;
    }

    /// Has `action` run when a write fails, once; at once if one has.
    void whenClientGone(Runnable action) {
        whenClientGone.set(action);
        if (clientGone) {
            tell();
        }
    }

    private void tell() {
        Runnable action = whenClientGone.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }

    /// Sends the head and what is there, though the application has not ended.
    void sendHead() {
        headAlone = true;
        iterate();
    }

    /// The response ends with these bytes.
    void end(ByteBuffer bytes) {
        rest = bytes;
        iterate();
    }

    @Override
    protected Action process() throws IOException {
        if (lastSent) {
            return Action.SUCCEEDED;
        }
        // Looked at before the overflow: once it is there, nothing more is put.
        ByteBuffer ending = rest;
        if (!overflow.isEmpty()) {
            byte[] piece = overflow.take();
            return send(false, piece == null ? ByteBuffer.allocate(0) : ByteBuffer.wrap(piece));
        }
        if (headAlone && !headSent) {
            return send(false, ByteBuffer.allocate(0));
        }
        if (ending == null) {
            return Action.IDLE;
        }
        lastSent = true;
        return send(true, ending);
    }

    private Action send(boolean last, ByteBuffer bytes) {
        if (!headSent && !last) {
            chunked();
        }
        headSent = true;
        response.write(last, bytes, this);
        return Action.SCHEDULED;
    }

    /// A length that is not known is told by chunks, also where the connection ends with the response, so that the
    /// client sees whether it has everything.
    private void chunked() {
        boolean lengthKnown = response.getHeaders().contains(HttpHeader.CONTENT_LENGTH);
        if (!lengthKnown && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
            response.getHeaders().put(HttpHeader.TRANSFER_ENCODING, "chunked");
        }
    }

    @Override
    protected void onCompleteSuccess() {
        overflow.close();
        done.succeeded();
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
        clientGone = true;
        overflow.abandon();
        done.failed(cause);
        tell();
    }
}
