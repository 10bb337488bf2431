package dev.penstock.fastcgi.responder;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;

/// The responder of README.md, run by [ReadmeTest].
final class HelloResponder {
    // README
    public static void main(String[] args) throws IOException {
        var address = UnixDomainSocketAddress.of(args[0]);
        try (var listening =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address)) {
            new Responder((environ, body, out) -> {
                        var text = "Hello, " + environ.get("REQUEST_URI", "?") + "\n";
                        out.write("Content-Type: text/plain\r\n\r\n".getBytes(UTF_8));
                        out.write(text.getBytes(UTF_8));
                    })
                    .serve(listening);
        }
    }
    // README
}
