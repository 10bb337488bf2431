package dev.penstock.fastcgi.responder;

import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.FastCgiClient;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;

/// The client of README.md, run by [ReadmeTest].
final class HelloClient {
    // README
    public static void main(String[] args) throws IOException {
        try (var client = new FastCgiClient(UnixDomainSocketAddress.of(args[0]));
                var response = client.send(ClientRequest.get("/hello?name=you"))) {
            System.out.println(response.status() + " " + response.header("Content-Type"));
            response.body().transferTo(System.out);
            System.err.print(response.errors());
        }
    }
    // README
}
