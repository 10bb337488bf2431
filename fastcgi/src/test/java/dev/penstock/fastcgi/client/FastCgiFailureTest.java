package dev.penstock.fastcgi.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.client.FastCgiFailure.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What goes wrong, and what a caller learns of it.
@Timeout(30)
@SuppressWarnings("try") // Some are closed earlier than the end of their block.
class FastCgiFailureTest {
    private static final Duration LONG = Duration.ofSeconds(25);
    private static final Duration SHORT = Duration.ofMillis(50);

    private static FastCgiFailure failure(FastCgiClient client, ClientRequest request) {
        return catchThrowableOfType(FastCgiFailure.class, () -> {
            try (var response = client.send(request)) {
                response.body().readAllBytes();
            }
        });
    }

    private static ClientRequest get() {
        return ClientRequest.get("/");
    }

    @Test
    void nobodyListens(@TempDir Path folder) throws IOException {
        Path socket = folder.resolve("s");
        try (var client = new FastCgiClient(UnixDomainSocketAddress.of(socket))) {
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.CONNECT);
            ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    .bind(UnixDomainSocketAddress.of(socket))
                    .close();
            assertThat(failure(client, get()))
                    .hasMessageContaining("refused")
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.CONNECT));
        }
    }

    @Test
    void fullBacklogIsWaitedForUntilTheDeadline(@TempDir Path folder) throws IOException {
        var address = UnixDomainSocketAddress.of(folder.resolve("s"));
        ClientOptions options = ClientOptions.DEFAULT.withDeadlines(new Deadlines(SHORT, SHORT, LONG));
        try (var listening =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, 1);
                var client = new FastCgiClient(address, options)) {
            FastCgiFailure last = failure(client, get());
            for (int i = 0; i < 5 && last.kind() == Kind.NO_ANSWER; i++) {
                last = failure(client, get());
            }
            assertThat(last.kind()).isEqualTo(Kind.CONNECT_TIMEOUT);
            assertThat(last).hasMessageContaining("(connect)");
            assertThat(listening.isOpen()).isTrue();
        }
    }

    @Test
    void allAddressesOfANameAreTried() throws Exception {
        try (var listening =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                var client = new FastCgiClient(InetSocketAddress.createUnresolved(
                        "localhost", ((InetSocketAddress) listening.getLocalAddress()).getPort()))) {
            Thread.ofVirtual().start(() -> {
                try (var talk = new Talk(listening.accept())) {
                    talk.answer(talk.request().id(), "hello");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("hello");
        }
    }

    @Test
    void silentApplicationIsNotWaitedForBeyondTheFirstByteDeadline() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.stderr(talk.request().id(), "still thinking");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            FastCgiFailure failure =
                    failure(client, get().deadlines(new Deadlines(LONG, Duration.ofMillis(500), LONG)));
            assertThat(failure.kind()).isEqualTo(Kind.NO_ANSWER);
            assertThat(failure).hasMessageContaining("(firstByte)");
            assertThat(failure.errors()).isEqualTo("still thinking");
        }
    }

    @Test
    void responseThatDoesNotEndIsNotWaitedForBeyondTheTotalDeadline() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.stdout(talk.request().id(), "Status: 200\n\nbegun");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(get().deadlines(new Deadlines(LONG, LONG, Duration.ofMillis(500))))) {
            assertThat(response.body().readNBytes(5)).asString().isEqualTo("begun");
            var failure = catchThrowableOfType(
                    FastCgiFailure.class, () -> response.body().read());
            assertThat(failure.kind()).isEqualTo(Kind.TOO_SLOW);
            assertThat(failure)
                    .hasMessageContaining("response was not complete")
                    .hasMessageContaining("(total)");
        }
    }

    @Test
    void bodyThatNobodyReadsIsNotSentBeyondTheTotalDeadline() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.begin();
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            InputStream endless = new InputStream() {
                @Override
                public int read() {
                    return 'x';
                }
            };
            Deadlines deadlines = new Deadlines(LONG, SHORT, Duration.ofMillis(300));
            FastCgiFailure failure = failure(client, get().body(endless, -1).deadlines(deadlines));
            assertThat(failure.kind()).isEqualTo(Kind.TOO_SLOW);
            assertThat(failure).hasMessageContaining("request was not read whole");
        }
    }

    @Test
    void getIsSentAgainWhenAKeptConnectionTurnsOutToBeClosed() throws Exception {
        try (var application = new FakeApplication(
                        talk -> {
                            talk.answer(talk.request().id(), "first");
                            talk.request();
                        },
                        talk -> {
                            talk.answer(talk.request().id(), "second");
                            talk.expectEnd();
                        });
                var client = new FastCgiClient(application.address())) {
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("first");
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("second");
            assertThat(application.connections()).isEqualTo(2);
        }
    }

    @Test
    void postIsNotSentAgain() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.answer(talk.request().id(), "first");
                    talk.begin();
                });
                var client = new FastCgiClient(application.address())) {
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("first");
            assertThat(failure(client, ClientRequest.post("/", new byte[3])).kind())
                    .isEqualTo(Kind.CLOSED);
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void requestOnANewConnectionIsNotSentAgain() throws Exception {
        try (var application = new FakeApplication(Talk::request);
                var client = new FastCgiClient(application.address())) {
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.CLOSED);
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void requestThatWasAnsweredInPartIsNotSentAgain() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.answer(talk.request().id(), "first");
                    talk.stdout(talk.request().id(), "Stat");
                });
                var client = new FastCgiClient(application.address())) {
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("first");
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.CLOSED);
            assertThat(application.connections()).isEqualTo(1);
        }
    }

    @Test
    void cutResponseGivesWhatCameAndThenFails() throws Exception {
        try (var application =
                        new FakeApplication(talk -> talk.stdout(talk.request().id(), "Status: 200\n\nhalf"));
                var client = new FastCgiClient(application.address());
                var response = client.send(get())) {
            assertThat(response.body().readNBytes(4)).asString().isEqualTo("half");
            var failure = catchThrowableOfType(
                    FastCgiFailure.class, () -> response.body().read());
            assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
            assertThat(response.end()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                "SSH-2.0-OpenSSH\r\n",
                "\u0001\u0006\u0000\u0007\u0000\u0001\u0000\u0000x"
            })
    void whatIsNotFastCgiIsAFaultOfTheProtocol(String words) throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.request();
                    talk.raw(ByteBuffer.wrap(words.getBytes(StandardCharsets.ISO_8859_1)));
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.PROTOCOL);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no headers at all\\n|expected a response header",
                "Status: 200\\n|within the head",
                "''|without a response (application status 3)"
            })
    void whatIsNoResponseIsToldWithTheApplicationsErrors(String words, String message) throws Exception {
        try (var application = new FakeApplication(talk -> {
                    int id = talk.request().id();
                    talk.stderr(id, "Traceback");
                    talk.stdout(id, words.translateEscapes());
                    try {
                        talk.end(id, 3, ProtocolStatus.REQUEST_COMPLETE);
                    } catch (IOException e) {
                        // The client has seen enough and is gone already.
                    }
                });
                var client = new FastCgiClient(application.address())) {
            FastCgiFailure failure = failure(client, get());
            assertThat(failure.kind()).isEqualTo(Kind.BAD_RESPONSE);
            assertThat(failure).hasMessageContaining(message);
            assertThat(failure.errors()).isEqualTo("Traceback");
        }
    }

    @Test
    void refusalAloneIsAFailureAndWithAPageItIsAResponse() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.end(talk.request().id(), 0, ProtocolStatus.OVERLOADED);
                    int id = talk.request().id();
                    talk.stdout(id, "Status: 503 Busy\n\n");
                    talk.end(id, 0, ProtocolStatus.OVERLOADED);
                });
                var client = new FastCgiClient(application.address())) {
            FastCgiFailure failure = failure(client, get());
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure).hasMessageContaining("OVERLOADED");
            try (var response = client.send(get())) {
                assertThat(response.status()).isEqualTo(503);
                assertThat(response.body().read()).isEqualTo(-1);
                assertThat(response.end().status()).isEqualTo(ProtocolStatus.OVERLOADED);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 4})
    void bodyOfAnotherLengthThanSaidNeverLooksComplete(long said) throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.begin();
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            FastCgiFailure failure = failure(client, get().body(new ByteArrayInputStream(new byte[3]), said));
            assertThat(failure.kind()).isEqualTo(Kind.BODY);
            assertThat(failure).hasMessageContaining(String.valueOf(said));
        }
    }

    @Test
    void endOfAnAnswerBeforeTheBodyIsSentCostsTheConnectionOnly() throws Exception {
        try (var application = new FakeApplication(
                        talk -> {
                            talk.answer(talk.begin().id(), "enough");
                            talk.expectEnd();
                        },
                        talk -> {
                            talk.answer(talk.request().id(), "next");
                            talk.expectEnd();
                        });
                var client = new FastCgiClient(application.address())) {
            CountDownLatch answered = new CountDownLatch(1);
            InputStream waiting = new InputStream() {
                @Override
                public int read() throws IOException {
                    try {
                        answered.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    return 'x';
                }
            };
            try (var response = client.send(get().body(waiting, -1))) {
                assertThat(response.body().readAllBytes()).asString().isEqualTo("enough");
            }
            assertThat(client.send(get()).body().readAllBytes()).asString().isEqualTo("next");
            answered.countDown();
        }
    }

    @Test
    void closedResponseClosesItsConnection() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.stdout(talk.request().id(), "Status: 200\n\n");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            client.send(get()).close();
        }
    }

    @Test
    void abortIsSentAndTheResponseGoesOn() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    int id = talk.request().id();
                    talk.stdout(id, "Status: 200\n\n");
                    assertThat(talk.next()).isEqualTo(new Event.Abort(id));
                    talk.stdout(id, "stopped");
                    talk.end(id, 1, ProtocolStatus.REQUEST_COMPLETE);
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address());
                var response = client.send(get())) {
            response.abort();
            assertThat(response.body().readAllBytes()).asString().isEqualTo("stopped");
            assertThat(response.end().appStatus()).isEqualTo(1);
        }
    }

    @Test
    void moreRequestsThanConnectionsWaitUntilTheConnectDeadline() throws Exception {
        try (var application = new FakeApplication(talk -> {
                    talk.stdout(talk.request().id(), "Status: 200\n\n");
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address(), ClientOptions.DEFAULT.withConnections(1));
                var busy = client.send(get())) {
            FastCgiFailure failure = failure(client, get().deadlines(new Deadlines(SHORT, LONG, LONG)));
            assertThat(failure.kind()).isEqualTo(Kind.BUSY);
            assertThat(failure).hasMessageContaining("(maxConnections)");
            assertThat(busy.status()).isEqualTo(200);
        }
    }

    @Test
    void closingTheClientEndsWhoeverWaits() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        try (var application = new FakeApplication(talk -> {
                    talk.request();
                    begun.countDown();
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            Thread.ofVirtual().start(() -> {
                try {
                    begun.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                client.close();
            });
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.ENDED_HERE);
            assertThat(failure(client, get())).hasMessageContaining("the client is closed");
        }
    }

    @Test
    void interruptEndsTheWait() throws Exception {
        Thread waiting = Thread.currentThread();
        try (var application = new FakeApplication(talk -> {
                    talk.request();
                    waiting.interrupt();
                    talk.expectEnd();
                });
                var client = new FastCgiClient(application.address())) {
            assertThat(failure(client, get()).kind()).isEqualTo(Kind.ENDED_HERE);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
