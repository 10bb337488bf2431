package dev.penstock.fastcgi.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Role;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a request and its response are like; what may go wrong is in [FastCgiFailureTest].
@Timeout(30)
@SuppressWarnings("try") // Some are closed earlier than the end of their block.
class FastCgiClientTest {
    private static String text(ClientResponse response) throws IOException {
        return new String(response.body().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void responseHasStatusHeadersAndBody() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.request();
                    assertThat(begin.role()).isEqualTo(Role.RESPONDER);
                    assertThat(begin.parameters().get("REQUEST_METHOD")).isEqualTo("GET");
                    assertThat(begin.parameters().get("PATH_INFO")).isEqualTo("/hello");
                    assertThat(begin.parameters().get("QUERY_STRING")).isEqualTo("name=you");
                    assertThat(begin.parameters().get("HTTP_X_ONE")).isEqualTo("1");
                    talk.stdout(begin.id(), "Status: 404 Not");
                    talk.stdout(begin.id(), " Found\nX-A: b\n\nbo");
                    talk.stdout(begin.id(), "dy");
                    talk.end(begin.id(), 7, ProtocolStatus.REQUEST_COMPLETE);
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.get("/hello?name=you").header("X-One", "1"))) {
            assertThat(response.status()).isEqualTo(404);
            assertThat(response.head().reason()).isEqualTo("Not Found");
            assertThat(response.header("x-a")).isEqualTo("b");
            assertThat(text(response)).isEqualTo("body");
            assertThat(response.end().appStatus()).isEqualTo(7);
            assertThat(response.timing().end())
                    .isGreaterThanOrEqualTo(response.timing().firstByte());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/a%20b, '/a b'",
        "/%C3%A9, /\u00c3\u00a9",
        "/\u00e9, /\u00c3\u00a9",
        "/100%, /100%",
        "/%zz%4, /%zz%4",
        "/a%3Fb, /a?b"
    })
    void pathIsSentUnescapedAndTheUriAsItIs(String uri, String path) {
        var parameters = ClientRequest.get(uri).parameters();
        assertThat(parameters.get("PATH_INFO")).isEqualTo(path);
        assertThat(parameters.get("REQUEST_URI"))
                .startsWith(uri.substring(0, 1))
                .doesNotContain(" ");
    }

    @Test
    void connectionIsKeptForTheNextRequest() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    for (int i = 0; i < 3; i++) {
                        Event.Begin begin = talk.request();
                        assertThat(begin.keepConnection()).isTrue();
                        talk.answer(begin.id(), "answer " + i);
                    }
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            for (int i = 0; i < 3; i++) {
                try (var response = client.send(ClientRequest.get("/"))) {
                    assertThat(text(response)).isEqualTo("answer " + i);
                    assertThat(response.timing().isReused()).isEqualTo(i > 0);
                }
            }
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void withoutKeepingEachRequestHasItsConnection() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.request();
                    assertThat(begin.keepConnection()).isFalse();
                    talk.answer(begin.id(), "hello");
                });
                var client = new FastCgiClient(application.address(), ClientOptions.DEFAULT.withoutKeeping())) {
            assertThat(text(client.send(ClientRequest.get("/")))).isEqualTo("hello");
            assertThat(text(client.send(ClientRequest.get("/")))).isEqualTo("hello");
            assertThat(application.connections()).isEqualTo(2);
        }
    }

    @Test
    void bodyComesWholeWithItsLength() throws Exception {
        byte[] body = noise(300_000);
        try (var application = new FakeApplication(talk -> {
                    for (int i = 0; i < 2; i++) {
                        Event.Begin begin = talk.begin();
                        assertThat(begin.parameters().get("CONTENT_LENGTH")).isEqualTo("300000");
                        assertThat(talk.body()).isEqualTo(body);
                        talk.answer(begin.id(), "thanks");
                    }
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            assertThat(text(client.send(ClientRequest.post("/", body)))).isEqualTo("thanks");
            assertThat(text(client.send(ClientRequest.of("PUT", "/").body(new ByteArrayInputStream(body), 300_000))))
                    .isEqualTo("thanks");
        }
    }

    @Test
    void applicationMayWriteMuchBeforeItReadsTheBody() throws Exception {
        byte[] body = noise(3_000_000);
        byte[] answer = noise(3_000_001);
        try (var application = new FakeApplication(talk -> {
                    int id = talk.begin().id();
                    talk.stdout(id, "Status: 200\n\n");
                    talk.stdout(id, answer);
                    assertThat(talk.body()).isEqualTo(body);
                    talk.end(id);
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.post("/", body))) {
            assertThat(response.body().readAllBytes()).isEqualTo(answer);
        }
    }

    @Test
    void bodyAndResponseStreamInTurn() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.begin();
                    assertThat(begin.parameters().get("CONTENT_LENGTH")).isNull();
                    talk.stdout(begin.id(), "Status: 200\n\n");
                    while (talk.next() instanceof Event.Stdin stdin) {
                        talk.stdout(begin.id(), Talk.bytes(stdin.content()));
                    }
                    talk.end(begin.id());
                });
                var client = new FastCgiClient(application.address());
                var typing = new PipedOutputStream();
                var body = new PipedInputStream(typing);
                var response = client.send(ClientRequest.of("POST", "/").body(body, -1))) {
            for (String word : new String[] {"one", "two", "three"}) {
                typing.write(word.getBytes(StandardCharsets.ISO_8859_1));
                typing.flush();
                assertThat(response.body().readNBytes(word.length())).asString().isEqualTo(word);
            }
            typing.close();
            assertThat(response.body().read()).isEqualTo(-1);
        }
    }

    @Test
    void errorsAreApartFromTheResponse() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    int id = talk.request().id();
                    talk.stderr(id, "careful ");
                    talk.stdout(id, "Status: 200\n\nbo");
                    talk.stderr(id, "now");
                    talk.stdout(id, "dy");
                    talk.end(id);
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.get("/"))) {
            assertThat(text(response)).isEqualTo("body");
            assertThat(response.errors()).isEqualTo("careful now");
        }
    }

    @Test
    void errorsBeyondTheirBoundAreDropped() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    int id = talk.request().id();
                    for (int i = 0; i < 3; i++) {
                        talk.stderr(id, "x".repeat(60_000));
                    }
                    talk.answer(id, "body");
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.get("/"))) {
            assertThat(text(response)).isEqualTo("body");
            assertThat(response.errors()).hasSize(ClientOptions.DEFAULT.errorBytes());
        }
    }

    @Test
    void responseThatIsAloneMayBeReadAtAnyPace() throws Exception {
        byte[] answer = noise(2_000_000);
        try (var application = new FakeApplication(talk -> {
                    int id = talk.request().id();
                    talk.stdout(id, "Status: 200\n\n");
                    talk.stdout(id, answer);
                    talk.end(id);
                });
                var client = new FastCgiClient(application.address(), ClientOptions.DEFAULT.withBufferedBytes(1000));
                var response = client.send(ClientRequest.get("/"))) {
            byte[] read = new byte[answer.length];
            for (int at = 0, n = 0; n >= 0 && at < read.length; at += n) {
                n = response.body().read(read, at, Math.min(777, read.length - at));
                assertThat(n).isBetween(1, 777);
            }
            assertThat(read).isEqualTo(answer);
            assertThat(response.body().read()).isEqualTo(-1);
        }
    }

    @Test
    void authorizerGetsNoBodyAndAddsVariables() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.begin();
                    assertThat(begin.role()).isEqualTo(Role.AUTHORIZER);
                    talk.stdout(begin.id(), "Status: 200 OK\r\nVariable-USER: ann\r\n\r\n");
                    talk.end(begin.id());
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.get("/secret").role(Role.AUTHORIZER))) {
            assertThat(text(response)).isEmpty();
            assertThat(response.head().variables().get("USER")).isEqualTo("ann");
        }
    }

    @Test
    void filterGetsBodyAndFile() throws Exception {
        byte[] file = noise(100_000);
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.begin();
                    assertThat(begin.role()).isEqualTo(Role.FILTER);
                    assertThat(begin.parameters().get("FCGI_DATA_LENGTH")).isEqualTo("100000");
                    assertThat(begin.parameters().get("FCGI_DATA_LAST_MOD")).isEqualTo("42");
                    assertThat(talk.body()).asString().isEqualTo("body");
                    var data = new java.io.ByteArrayOutputStream();
                    while (talk.next() instanceof Event.Data piece) {
                        data.writeBytes(Talk.bytes(piece.content()));
                    }
                    assertThat(data.toByteArray()).isEqualTo(file);
                    talk.answer(begin.id(), "filtered");
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(ClientRequest.post("/page", "body".getBytes())
                        .data(new ByteArrayInputStream(file), file.length, 42))) {
            assertThat(text(response)).isEqualTo("filtered");
        }
    }

    @Test
    void pairsAreKeptWholeInTheirRecordsAsFarAsTheyFit() throws Exception {
        ClientRequest request = ClientRequest.get("/");
        for (int i = 0; i < 60; i++) {
            request.variable("LONG" + i, "v".repeat(2000 + i));
        }
        request.variable("LONGEST", "x".repeat(70_000)).variable("LAST", "1");
        ByteBuffer sent = ByteBuffer.allocate(1_000_000);
        Wiretap tap = new Wiretap() {
            @Override
            public void sent(ByteBuffer bytes) {
                sent.put(bytes);
            }

            @Override
            public void received(ByteBuffer bytes) {}
        };
        try (var application = new FakeApplication(talk -> {
                    Event.Begin begin = talk.request();
                    assertThat(begin.parameters().get("LONG59")).hasSize(2059);
                    assertThat(begin.parameters().get("LONGEST")).hasSize(70_000);
                    assertThat(begin.parameters().get("LAST")).isEqualTo("1");
                    talk.answer(begin.id(), "got them");
                });
                var client = new FastCgiClient(application.address(), ClientOptions.DEFAULT.withWiretap(tap))) {
            assertThat(text(client.send(request))).isEqualTo("got them");
        }
        assertThat(Params.contents(sent.flip()))
                .satisfiesExactly(
                        first -> assertThat(Params.endsWithAPair(first)).isTrue(),
                        second -> assertThat(Params.endsWithAPair(second)).isTrue(),
                        beginOfTheLongest -> assertThat(beginOfTheLongest).hasSize(65_528),
                        rest -> assertThat(rest).hasSizeLessThan(10_000),
                        last -> assertThat(Params.endsWithAPair(last)).isTrue());
    }
}
