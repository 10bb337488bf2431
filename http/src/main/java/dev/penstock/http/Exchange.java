package dev.penstock.http;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.server.BodyCollector;
import dev.penstock.server.Pages;
import dev.penstock.server.Printable;
import java.io.IOException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/// One request on its way in: takes its body as it comes, then hands it to the application. Jetty runs
/// it whenever there is more to read, on one thread at a time.
final class Exchange implements Runnable {
    private final Gate gate;
    private final Request request;
    private final HttpResponse response;
    private final BodyCollector body;

    Exchange(Gate gate, Request request, HttpResponse response) {
        this.gate = gate;
        this.request = request;
        this.response = response;
        this.body = new BodyCollector(gate.bounds().temporary(), gate.bounds().maxRequestBody());
    }

    @Override
    public void run() {
        try {
            if (announced() > gate.bounds().maxRequestBody()) {
                refuse();
            } else if (takeBody()) {
                hand();
            }
        } catch (IOException e) {
            body.close();
            gate.log().error(Gate.NAME, "cannot keep the body of " + summary() + ": " + e.getMessage());
            Pages.send(response, true, 500, "Internal Server Error", "The request's body could not be stored.");
        }
    }

    private long announced() {
        return request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    }

    /// Takes what is there of the body. True when that was the end of it; otherwise this runs again, or
    /// the request has been answered.
    private boolean takeBody() throws IOException {
        while (true) {
            Content.Chunk chunk = request.read();
            if (chunk == null) {
                request.demand(this);
                return false;
            }
            if (Content.Chunk.isFailure(chunk)) {
                body.close();
                response.lost(chunk.getFailure());
                return false;
            }
            boolean last = chunk.isLast();
            if (!keep(chunk)) {
                refuse();
                return false;
            }
            if (last) {
                return true;
            }
        }
    }

    private boolean keep(Content.Chunk chunk) throws IOException {
        try {
            return body.add(chunk.getByteBuffer());
        } finally {
            chunk.release();
        }
    }

    private void refuse() {
        body.close();
        String limit = "The request's body is larger than max_request_body = "
                + gate.bounds().maxRequestBody() + " bytes.";
        gate.log().warning(Gate.NAME, summary() + ": 413, " + limit);
        // What the client still sends is not read, so the connection cannot be used again.
        Pages.send(response, true, 413, "Content Too Large", limit, "Connection", "close");
    }

    private void hand() {
        Parameters environ = Environ.of(request);
        if (announced() >= 0 || body.length() > 0) {
            environ.set("CONTENT_LENGTH", Long.toString(body.length()));
        }
        dev.penstock.server.Request incoming = new dev.penstock.server.Request(environ, body.body(), Gate.NAME);
        try {
            gate.application().handle(incoming, response);
        } catch (RuntimeException e) {
            incoming.body().close();
            gate.log().error(Gate.NAME, incoming.summary() + " failed in the server: " + e);
            response.tear("the server failed: " + e);
        }
    }

    private String summary() {
        return Printable.of(request.getMethod() + " " + request.getHttpURI().getPathQuery());
    }
}
