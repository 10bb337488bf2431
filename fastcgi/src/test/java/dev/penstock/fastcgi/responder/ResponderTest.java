package dev.penstock.fastcgi.responder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Role;
import dev.penstock.fastcgi.client.ClientOptions;
import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.ClientResponse;
import dev.penstock.fastcgi.client.FastCgiClient;
import dev.penstock.fastcgi.client.FastCgiFailure;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A responder asked by the client.
@Timeout(30)
class ResponderTest {
    @TempDir
    private Path folder;

    private ServerSocketChannel listening;
    private UnixDomainSocketAddress address;

    @BeforeEach
    void listen() throws IOException {
        address = UnixDomainSocketAddress.of(folder.resolve("s"));
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
    }

    @AfterEach
    void stop() throws IOException {
        listening.close();
    }

    private void serve(Responder.Application application) {
        Responder responder = new Responder(application, Limits.DEFAULT, 10);
        Thread.ofVirtual().start(() -> {
            try {
                responder.serve(listening);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static byte[] body(ClientResponse response) throws IOException {
        assertThat(response.status()).isEqualTo(200);
        return response.body().readAllBytes();
    }

    @Test
    void bodyComesBackOnKeptConnectionsForManyThreads() throws Exception {
        serve((environ, body, out) -> {
            out.write("Status: 200\n\n".getBytes());
            byte[] all = body.readAllBytes();
            out.write(all);
        });
        try (FastCgiClient client = new FastCgiClient(address, ClientOptions.DEFAULT.multiplexed(4));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                byte[] sent = new byte[i * 1000];
                Arrays.fill(sent, (byte) i);
                all.add(threads.submit(() -> {
                    try (ClientResponse response = client.send(ClientRequest.post("/", sent))) {
                        assertThat(body(response)).isEqualTo(sent);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertThat(client.isMultiplexed()).isFalse();
        }
    }

    @Test
    void bodyThatIsNotReadLeavesTheConnectionFit() throws Exception {
        serve((environ, body, out) -> out.write("Status: 200\n\nenough".getBytes()));
        try (FastCgiClient client = new FastCgiClient(address, ClientOptions.DEFAULT.withConnections(1))) {
            for (int i = 0; i < 3; i++) {
                try (ClientResponse response = client.send(ClientRequest.post("/", new byte[1_000_000]))) {
                    assertThat(body(response)).asString().isEqualTo("enough");
                    assertThat(response.timing().isReused()).isEqualTo(i > 0);
                }
            }
        }
    }

    @Test
    void authorizerIsAnsweredThoughItHasNoBody() throws Exception {
        serve((environ, body, out) -> {
            out.write(("Status: 200\nVariable-LEFT: " + body.readAllBytes().length + "\n\n").getBytes());
        });
        try (FastCgiClient client = new FastCgiClient(address);
                var response = client.send(ClientRequest.get("/").role(Role.AUTHORIZER))) {
            assertThat(response.head().variables().get("LEFT")).isEqualTo("0");
        }
    }

    @Test
    void exceptionBeforeTheFirstByteIsA500AndLaterACutResponse() throws Exception {
        serve((environ, body, out) -> {
            out.write("Status: 200\n\nbegun".getBytes());
            if (environ.get("PATH_INFO", "").equals("/late")) {
                out.flush();
            }
            throw new IllegalStateException("on purpose");
        });
        try (FastCgiClient client = new FastCgiClient(address)) {
            assertThat(client.send(ClientRequest.get("/early")).status()).isEqualTo(500);
            try (ClientResponse response = client.send(ClientRequest.get("/late"))) {
                Assertions.assertThatExceptionOfType(FastCgiFailure.class)
                        .isThrownBy(() -> response.body().readAllBytes())
                        .satisfies(e -> assertThat(e.kind()).isEqualTo(FastCgiFailure.Kind.CLOSED));
            }
        }
    }
}
