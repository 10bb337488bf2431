package dev.penstock.fastcgi.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.client.FastCgiFailure.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Several requests at once on one connection.
@Timeout(30)
@SuppressWarnings("try") // Some are closed earlier than the end of their block.
class MultiplexingTest {
    private static final ClientOptions OPTIONS = ClientOptions.DEFAULT.multiplexed(8);

    private static String path(Event.Begin begin) {
        return begin.parameters().get("PATH_INFO", "");
    }

    private static String text(ClientResponse response) throws Exception {
        return new String(response.body().readAllBytes());
    }

    @Test
    void secondRequestIsAnsweredWhileTheFirstIsHeld() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.values("FCGI_MPXS_CONNS", "1");
                    int first = talk.request().id();
                    talk.stdout(first, "Status: 200\n\nfi");
                    int second = talk.request().id();
                    talk.answer(second, "second");
                    talk.stdout(first, "rst");
                    talk.end(first);
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address(), OPTIONS);
                var first = client.send(ClientRequest.get("/1"));
                var second = client.send(ClientRequest.get("/2"))) {
            assertThat(client.isMultiplexed()).isTrue();
            assertThat(text(second)).isEqualTo("second");
            assertThat(text(first)).isEqualTo("first");
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void moreThanTheApplicationTakesGoToAnotherConnection() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        try (var application = new FakeApplication(
                        talk -> {
                            talk.values("FCGI_MPXS_CONNS", "1", "FCGI_MAX_REQS", "1");
                            int id = talk.request().id();
                            talk.stdout(id, "Status: 200\n\n");
                            second.await();
                            talk.stdout(id, "first");
                            talk.end(id);
                            talk.expectEnd();
                        },
                        talk -> {
                            talk.answer(talk.request().id(), "second");
                            second.countDown();
                            talk.expectEnd();
                        });
                var client = new FastCgiClient(application.address(), OPTIONS);
                var one = client.send(ClientRequest.get("/1"));
                var two = client.send(ClientRequest.get("/2"))) {
            assertThat(text(two)).isEqualTo("second");
            assertThat(text(one)).isEqualTo("first");
        }
    }

    @Test
    void applicationThatDoesNotAnswerTheQuestionGetsOneRequestAtATime() throws Exception {
        ClientOptions impatient = new ClientOptions(
                Deadlines.DEFAULT,
                true,
                8,
                8,
                java.time.Duration.ofMillis(50),
                1000,
                java.time.Duration.ofSeconds(2),
                1000,
                10,
                1000,
                null);
        try (var application = new FakeApplication(
                        talk -> {
                            talk.next(Event.GetValues.class);
                            talk.expectEnd();
                        },
                        talk -> {
                            talk.answer(talk.request().id(), "hello");
                            talk.expectEnd();
                        });
                var client = new FastCgiClient(application.address(), impatient)) {
            assertThat(text(client.send(ClientRequest.get("/")))).isEqualTo("hello");
            assertThat(client.isMultiplexed()).isFalse();
            assertThat(application.connections()).isEqualTo(2);
        }
    }

    @Test
    void applicationThatKnowsNoValuesGetsOneRequestAtATime() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.values();
                    talk.answer(talk.request().id(), "hello");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address(), OPTIONS)) {
            assertThat(text(client.send(ClientRequest.get("/")))).isEqualTo("hello");
            assertThat(client.isMultiplexed()).isFalse();
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void requestThatCannotBeMultiplexedIsSentAgainAlone() throws Exception {
        CountDownLatch refused = new CountDownLatch(1);
        try (var application = new FakeApplication(
                        talk -> {
                            talk.values("FCGI_MPXS_CONNS", "1");
                            int first = talk.request().id();
                            talk.stdout(first, "Status: 200\n\n");
                            talk.end(talk.request().id(), 0, ProtocolStatus.CANT_MPX_CONN);
                            refused.await();
                            talk.stdout(first, "first");
                            talk.end(first);
                            talk.expectEnd();
                        },
                        talk -> {
                            talk.answer(talk.request().id(), "second");
                            refused.countDown();
                            talk.expectEnd();
                        });
                var client = new FastCgiClient(application.address(), OPTIONS);
                var first = client.send(ClientRequest.get("/1"));
                var second = client.send(ClientRequest.post("/2", new byte[0]))) {
            assertThat(text(second)).isEqualTo("second");
            assertThat(text(first)).isEqualTo("first");
            assertThat(client.isMultiplexed()).isFalse();
        }
    }

    @Test
    void responseThatNobodyReadsIsAbortedAndTheOthersGoOn() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.values("FCGI_MPXS_CONNS", "1");
                    int slow = talk.request().id();
                    talk.stdout(slow, "Status: 200\n\n");
                    int quick = talk.request().id();
                    talk.stdout(quick, "Status: 200\n\n");
                    talk.stdout(slow, new byte[2_000_000]);
                    talk.stdout(quick, "quick");
                    talk.end(quick);
                    assertThat(talk.next()).isEqualTo(new Event.Abort(slow));
                    talk.end(slow);
                    int next = talk.request().id();
                    assertThat(next).as("an id that is free again").isIn(slow, quick);
                    talk.answer(next, "next");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address(), OPTIONS.withBufferedBytes(10_000));
                var slow = client.send(ClientRequest.get("/slow"));
                var quick = client.send(ClientRequest.get("/quick"))) {
            assertThat(text(quick)).isEqualTo("quick");
            var failure =
                    catchThrowableOfType(FastCgiFailure.class, () -> slow.body().readAllBytes());
            assertThat(failure.kind()).isEqualTo(Kind.SLOW_READER);
            assertThat(text(client.send(ClientRequest.get("/next")))).isEqualTo("next");
        }
    }

    @Test
    void closedResponseIsAbortedWhenOthersShareTheConnection() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.values("FCGI_MPXS_CONNS", "1");
                    int first = talk.request().id();
                    talk.stdout(first, "Status: 200\n\n");
                    int second = talk.request().id();
                    talk.stdout(second, "Status: 200\n\n");
                    assertThat(talk.next()).isEqualTo(new Event.Abort(first));
                    talk.stdout(first, "too late");
                    talk.end(first);
                    talk.stdout(second, "second");
                    talk.end(second);
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address(), OPTIONS);
                var first = client.send(ClientRequest.get("/1"));
                var second = client.send(ClientRequest.get("/2"))) {
            first.close();
            assertThat(text(second)).isEqualTo("second");
        }
    }

    @Test
    void lostConnectionFailsAllOfItsRequests() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.values("FCGI_MPXS_CONNS", "1");
                    talk.stdout(talk.request().id(), "Status: 200\n\n");
                    talk.stdout(talk.request().id(), "Status: 200\n\n");
                });
                var client = new FastCgiClient(application.address(), OPTIONS);
                var first = client.send(ClientRequest.get("/1"));
                var second = client.send(ClientRequest.get("/2"))) {
            for (ClientResponse response : List.of(first, second)) {
                var failure = catchThrowableOfType(
                        FastCgiFailure.class, () -> response.body().readAllBytes());
                assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
            }
        }
    }

    /// Every request gets its own answer, whatever the others do.
    @Test
    void manyThreadsGetTheirOwnAnswers() throws Exception {
        try (var application = new FakeApplication(MultiplexingTest::echo);
                var client = new FastCgiClient(application.address(), OPTIONS.withConnections(2));
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all = new ArrayList<>();
            for (int thread = 0; thread < 40; thread++) {
                String name = "/" + thread;
                all.add(pool.submit(() -> {
                    for (int i = 0; i < 25; i++) {
                        byte[] body =
                                (name + " " + i).repeat(1 + 1000 * (i % 7)).getBytes();
                        try (var response = client.send(ClientRequest.post(name, body))) {
                            assertThat(response.header("X-Path")).isEqualTo(name);
                            assertThat(response.body().readAllBytes()).isEqualTo(body);
                        }
                    }
                    return null;
                }));
            }
            for (Future<Void> one : all) {
                one.get();
            }
            assertThat(application.connections()).isLessThanOrEqualTo(2);
            client.close();
        }
    }

    private static void echo(Talk talk) throws Exception {
        for (Event event = talk.next(); event != null; event = talk.next()) {
            switch (event) {
                case Event.GetValues _ -> {
                    var values = new dev.penstock.fastcgi.Parameters();
                    values.set("FCGI_MPXS_CONNS", "1");
                    var out = java.nio.ByteBuffer.allocate(100);
                    dev.penstock.fastcgi.Encoder.values(out, values);
                    talk.raw(out.flip());
                }
                case Event.Begin begin -> talk.stdout(begin.id(), "X-Path: " + path(begin) + "\n\n");
                case Event.Stdin stdin -> talk.stdout(stdin.id(), Talk.bytes(stdin.content()));
                case Event.StdinEnd end -> talk.end(end.id());
                default -> throw new AssertionError("unexpected: " + event);
            }
        }
    }
}
