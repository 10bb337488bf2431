package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.Role;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A request on its way in: its variables, what came of its body, and where the answer goes. A filter's
/// file follows its STDIN in the same body. Used by the connection's reading thread.
final class Incoming implements Closeable {
    private final Role role;
    private final Parameters environ;
    private final FastCgiResponse response;
    private final BodyCollector body;
    private final Progress progress;
    private long inputLength;
    private boolean rejected;

    Incoming(Role role, Parameters environ, FastCgiResponse response, BodyCollector body, Times times) {
        this.role = role;
        this.environ = environ;
        this.response = response;
        this.body = body;
        this.progress = new Progress(times.body(), times.minProgress());
        progress.begin(System.nanoTime());
    }

    Role role() {
        return role;
    }

    Parameters environ() {
        return environ;
    }

    FastCgiResponse response() {
        return response;
    }

    /// It has its answer already: what still comes of it is read and dropped.
    void reject() {
        rejected = true;
        body.close();
    }

    boolean isRejected() {
        return rejected;
    }

    /// How its body comes on.
    Progress progress() {
        return progress;
    }

    /// Bytes of memory.
    long held() {
        return rejected ? 0 : environ.bytes().length + Math.min(body.length(), BodyCollector.IN_MEMORY_BYTES);
    }

    /// Takes a piece of STDIN or DATA. False when the body is over `max_request_body`.
    boolean add(ByteBuffer piece) throws IOException {
        return body.add(piece);
    }

    /// STDIN is complete; for a filter DATA follows.
    void inputEnds() {
        inputLength = body.length();
    }

    /// Whether its body goes to a file: work for a thread that others do not wait for.
    boolean isSpooling() {
        return !rejected && body.length() > BodyCollector.IN_MEMORY_BYTES;
    }

    /// What is missing of the body, in words for the visitor; null when nothing is.
    @Nullable String truncation() {
        Long announced = announced();
        if (announced != null && announced > inputLength) {
            return "The request's body ended after " + inputLength + " bytes of " + announced + ".";
        }
        Long file = role == Role.FILTER ? number("FCGI_DATA_LENGTH") : null;
        long data = body.length() - inputLength;
        if (file != null && file > data) {
            return "The file to filter ended after " + data + " bytes of " + file + ".";
        }
        return null;
    }

    /// The request, complete. What came is the truth about its length.
    Request request(String origin) {
        if (announced() != null || inputLength > 0) {
            environ.set("CONTENT_LENGTH", Long.toString(inputLength));
        } else {
            environ.remove("CONTENT_LENGTH");
        }
        environ.set("FCGI_ROLE", role.name());
        return new Request(environ, body.body(), origin, role, inputLength);
    }

    /// An authorizer has no body, whatever the variables say (FastCGI 6.3).
    private @Nullable Long announced() {
        return role == Role.AUTHORIZER ? null : number("CONTENT_LENGTH");
    }

    /// A length as a number; null when it is absent, empty or nonsense: the end of the stream is the truth.
    private @Nullable Long number(String name) {
        String text = environ.get(name, "").strip();
        if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        return Long.valueOf(text);
    }

    @Override
    public void close() {
        body.close();
    }
}
