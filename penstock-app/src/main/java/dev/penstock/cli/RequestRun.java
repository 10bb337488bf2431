package dev.penstock.cli;

import dev.penstock.fastcgi.ResponseHead;
import dev.penstock.fastcgi.client.ClientOptions;
import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.ClientResponse;
import dev.penstock.fastcgi.client.FastCgiClient;
import dev.penstock.fastcgi.client.FastCgiFailure;
import dev.penstock.fastcgi.client.PlainClient;
import dev.penstock.fastcgi.client.Timing;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One request sent and its response printed.
final class RequestRun {
    /// What is printed beside the body.
    record Shown(boolean head, boolean failing, boolean timing) {}

    private static final int ERROR_STATUS = 400;

    private final RequestTarget target;
    private final RequestCommand.Protocol protocol;
    private final ClientOptions options;
    private final OutputStream out;
    private final PrintWriter err;

    RequestRun(
            RequestTarget target,
            RequestCommand.Protocol protocol,
            ClientOptions options,
            OutputStream out,
            PrintWriter err) {
        this.target = target;
        this.protocol = protocol;
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /// Sends it.
    ///
    /// @return the exit status
    /// @throws FastCgiFailure when there is no response, or not all of it
    int send(ClientRequest request, Shown shown) throws IOException {
        try {
            if (protocol != RequestCommand.Protocol.FASTCGI) {
                var plain = PlainClient.Protocol.valueOf(protocol.name());
                try (var response = new PlainClient(plain, target.socketAddress(), options).send(request)) {
                    return print(response, shown);
                }
            }
            try (var client = new FastCgiClient(target.socketAddress(), options);
                    var response = client.send(request)) {
                return print(response, shown);
            }
        } catch (FastCgiFailure e) {
            errors(e.errors());
            throw e;
        }
    }

    private int print(ClientResponse response, Shown shown) throws IOException {
        if (shown.head()) {
            out.write(text(response.head()).getBytes(StandardCharsets.ISO_8859_1));
        }
        copy(response.body());
        errors(response.errors());
        var end = response.end();
        if (end != null && end.appStatus() != 0) {
            err.println("penstock: the application ended the request with status " + end.appStatus());
        }
        if (shown.timing()) {
            timing(response.timing());
        }
        err.flush();
        return shown.failing() && response.status() >= ERROR_STATUS ? Exit.FAILED : Exit.OK;
    }

    /// Each piece is shown as it comes.
    private void copy(InputStream body) throws IOException {
        byte[] chunk = new byte[16 * 1024];
        for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
            out.write(chunk, 0, n);
            out.flush();
        }
    }

    private static String text(ResponseHead head) {
        StringBuilder text = new StringBuilder("Status: " + head.status());
        text.append(head.reason().isEmpty() ? "" : " " + head.reason()).append("\r\n");
        for (ResponseHead.Header header : head.headers()) {
            text.append(header.name()).append(": ").append(header.value()).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    private void errors(String latin1) {
        if (!latin1.isEmpty()) {
            String text = new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            text.strip().lines().forEach(line -> err.println(RequestTrace.printable(line)));
        }
    }

    private void timing(Timing timing) {
        line("connected", timing.connected());
        line("sent", timing.sent());
        line("first byte", timing.firstByte());
        line("end", timing.end());
    }

    private void line(String phase, @Nullable Duration since) {
        err.println(
                since == null
                        ? String.format("%-10s          -", phase)
                        : String.format(Locale.ROOT, "%-10s %9.3f ms", phase, since.toNanos() / 1e6));
    }
}
