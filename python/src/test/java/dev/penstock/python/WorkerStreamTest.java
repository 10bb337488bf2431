package dev.penstock.python;

import static dev.penstock.python.Fakes.frame;
import static dev.penstock.python.Fakes.number;
import static dev.penstock.python.Fakes.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Role;
import dev.penstock.server.Body;
import dev.penstock.server.BodyCollector;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketPair;

/// One worker thread's stream, with a generation of its own around it. The test is the worker; the
/// processes are there to be killed only.
@Timeout(20)
class WorkerStreamTest {
    private static final byte[] OK = text("Status: 200 OK\r\nA: b\r\n\r\n");

    @TempDir
    Path directory;

    private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
    private final NotingOwner owner = new NotingOwner();
    private final Fakes.Recorded response = new Fakes.Recorded();
    private Generation generation;
    private Process process;
    private AFUNIXSocketChannel worker;
    /// The server's end; the stream works on a copy, and closing this one would shut that down too.
    private AFUNIXSocketChannel given;
    /// Not closed by the test: the descriptor is the generation's.
    private FileOutputStream slotsFile;

    @BeforeEach
    void start() throws IOException {
        Path python = Files.createFile(
                directory.resolve("python"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(python, "#!/bin/sh\nexec sleep 1000\n");
        PythonSettings settings = new PythonSettings(
                "shop",
                python,
                directory,
                new PythonSettings.Target.Callable("a:b"),
                directory,
                List.of(),
                1,
                1,
                false,
                false,
                directory.resolve("control"),
                directory,
                directory.resolve("log"),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMillis(1),
                Set.of(Role.RESPONDER),
                true);
        Zygote zygote = Zygote.start(settings, 1, "token", (level, source, text) -> {});
        generation = new Generation(
                settings, 1, "token", zygote, owner, (level, source, text) -> log.add(source + ": " + text));
        process = new ProcessBuilder("sleep", "1000").start();
        AFUNIXSocketPair<AFUNIXSocketChannel> pair = AFUNIXSocketPair.open();
        worker = pair.getSocket2();
        given = pair.getSocket1();
        generation.forked(1, process.pid(), List.of(given.getFileDescriptor()));
    }

    @AfterEach
    void end() throws IOException {
        generation.kill();
        process.destroyForcibly();
        worker.close();
        given.close();
    }

    private void submit(String method, Body body, String... pairs) {
        assertThat(generation.submit(Fakes.request(method, body, pairs), response, false))
                .isTrue();
    }

    private void send(byte[]... frames) throws IOException {
        for (byte[] frame : frames) {
            ByteBuffer bytes = ByteBuffer.wrap(frame);
            while (bytes.hasRemaining()) {
                worker.write(bytes);
            }
        }
    }

    private static byte[] head(long id) {
        return frame(Frame.HEAD, number(id), OK);
    }

    private static byte[] body(String piece) {
        return frame(Frame.BODY, text(piece));
    }

    private static byte[] end(long id) {
        return frame(Frame.END, number(id));
    }

    /// The next frame that the server sends.
    private ByteBuffer received(int type) throws IOException {
        ByteBuffer header = fill(8);
        assertThat(header.get()).isEqualTo((byte) type);
        return fill(header.getInt(4));
    }

    private ByteBuffer fill(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            assertThat(worker.read(bytes)).isPositive();
        }
        return bytes.flip();
    }

    @Test
    void responseIsPassedOnInOrder() throws Exception {
        submit("GET", Body.EMPTY);
        send(head(1), body("one "), body("two"), end(1));
        assertThat(response.awaited()).startsWith("start 200").endsWith("end");
        assertThat(response.body()).isEqualTo("one two");
    }

    @Test
    void framesMayBeCutAnywhere() throws Exception {
        submit("GET", Body.EMPTY);
        for (byte[] frame : List.of(head(1), body("body"), end(1))) {
            for (byte b : frame) {
                send(new byte[] {b});
            }
        }
        assertThat(response.awaited()).startsWith("start 200").endsWith("end");
        assertThat(response.body()).isEqualTo("body");
    }

    @Test
    void responseThatTheApplicationBrokeOffIsTorn() throws Exception {
        submit("GET", Body.EMPTY);
        send(head(1), body("half"), frame(Frame.TORN, number(1)));
        assertThat(response.awaited()).endsWith("tear the application failed within its response");
    }

    @Test
    void textForTheLogMayComeAtAnyTime() throws Exception {
        send(frame(Frame.ERRORS, "Tracebäck\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(log.take()).isEqualTo("shop worker 1: Tracebäck");
    }

    @Test
    void textForTheLogGoesToTheWebServerOfTheRequest() throws Exception {
        submit("GET", Body.EMPTY);
        slot(1);
        send(frame(Frame.ERRORS, text("before")), head(1), frame(Frame.ERRORS, text("within")), end(1));
        send(frame(Frame.ERRORS, text("after")));
        assertThat(response.awaited()).containsSubsequence("errors before", "start 200", "errors within", "end");
        assertThat(List.of(log.take(), log.take(), log.take()))
                .last()
                .asString()
                .endsWith("after");
        assertThat(response.calls).doesNotContain("errors after");
    }

    @Test
    void requestWhoseClientGoesBeforeAWorkerSawItIsEndedAndLeavesTheQueue() throws Exception {
        submit("GET", Body.EMPTY);
        response.cancel();
        assertThat(response.awaited()).containsExactly("end");
        assertThat(generation.status("", null).inFlight()).isZero();
    }

    @Test
    void workerThatStaysWithARequestWhoseClientHasGoneIsReplaced() throws Exception {
        submit("GET", Body.EMPTY);
        slot(1);
        response.cancel();
        assertThat(process.waitFor()).as("killed").isNotZero();
        worker.close();
        assertThat(response.awaited()).containsExactly("tear the worker has gone");
        assertThat(log.take()).contains("is replaced", "GET /page", "abort_timeout");
        assertThat(owner.again).isEmpty();
    }

    /// As the worker thread does first.
    private void slot(long id) throws IOException {
        slotsFile = new FileOutputStream(generation.slots().descriptor());
        slotsFile.getChannel().write(ByteBuffer.wrap(number(id)), 0);
    }

    @Test
    void largeRequestIsSentWhenItIsWanted() throws Exception {
        submit("POST", Fakes.body(12_000), "HTTP_COOKIE", "c".repeat(10_000));
        send(frame(Frame.WANT, number(1)));
        ByteBuffer request = received(Frame.REQUEST);
        assertThat(request.getLong(0)).isEqualTo(1);
        assertThat(request.remaining()).isEqualTo(16 + request.getInt(12) + 12_000);
    }

    @Test
    void spooledBodyIsHandedOverAsItsFile() throws Exception {
        try (BodyCollector collector = new BodyCollector(directory, 100_000)) {
            collector.add(ByteBuffer.allocate(50_000));
            submit("POST", collector.body());
            worker.setAncillaryReceiveBufferSize(1024);
            send(frame(Frame.WANT, number(1)));
            ByteBuffer spool = received(Frame.SPOOL);
            assertThat(spool.getLong()).isEqualTo(1);
            assertThat(spool.getLong()).isEqualTo(50_000);
            FileDescriptor[] descriptors = worker.getReceivedFileDescriptors();
            assertThat(descriptors).hasSize(1);
            try (FileInputStream file = new FileInputStream(descriptors[0])) {
                assertThat(file.readAllBytes()).hasSize(50_000);
            }
        }
    }

    static Stream<Arguments> hostileBeforeTheHead() {
        byte[] negative = Fakes.little(8)
                .put((byte) Frame.BODY)
                .put(new byte[3])
                .putInt(-1)
                .array();
        byte[] huge = Fakes.little(8)
                .put((byte) Frame.ERRORS)
                .put(new byte[3])
                .putInt(1 << 30)
                .array();
        byte[] hugeHead = Fakes.little(16)
                .put((byte) Frame.HEAD)
                .put(new byte[3])
                .putInt(8 + 2 * 1024 * 1024 + 1)
                .putLong(1)
                .array();
        return Stream.of(
                Arguments.of("a response to a request that this worker does not have", head(2)),
                Arguments.of("a response to a request that this worker does not have", head(0)),
                Arguments.of("a response to a request that this worker does not have", head(-1)),
                Arguments.of("a response without its head", body("x")),
                Arguments.of("a response without its head", end(1)),
                Arguments.of("a response without its head", frame(Frame.TORN, number(1))),
                Arguments.of("a frame of type 17 claims a negative length", negative),
                Arguments.of("expected 1048576 at the most", huge),
                Arguments.of("expected 2097152 at the most", hugeHead),
                Arguments.of("a frame without its request id", frame(Frame.HEAD, new byte[7])),
                Arguments.of("a frame without its request id", frame(Frame.WANT)),
                Arguments.of(
                        "the response head does not begin with its status", frame(Frame.HEAD, number(1), text("x"))),
                Arguments.of(
                        "has no CR LF", frame(Frame.HEAD, number(1), text("Status: 200 OK\r\nA: b\nEvil: c\r\n\r\n"))),
                Arguments.of("asks for a request that it does not have", frame(Frame.WANT, number(2))),
                Arguments.of("asks for a body that it was given", frame(Frame.WANT, number(1))),
                Arguments.of("a frame of unknown type 99", frame(99)),
                Arguments.of("a frame of unknown type 32", frame(Frame.SPOOL)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostileBeforeTheHead")
    void workerThatBreaksTheRulesIsKilledAndItsRequestIsSaved(String reason, byte[] frame) throws Exception {
        submit("GET", Body.EMPTY);
        send(frame);
        process.waitFor();
        assertThat(log.take()).contains("pid " + process.pid() + " is killed", reason);
        assertThat(response.calls).isEmpty();
    }

    static Stream<Arguments> hostileWithinTheResponse() {
        return Stream.of(
                Arguments.of("a second head before the first response's end", head(1)),
                Arguments.of("a second head before the first response's end", head(2)),
                Arguments.of("the end of request 2 within the response to 1", end(2)),
                Arguments.of("the end of request 0 within the response to 1", frame(Frame.TORN, number(0))),
                Arguments.of("the end of request 1 within", frame(Frame.END, number(1), text("x"))),
                Arguments.of("a frame without its request id", frame(Frame.END)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostileWithinTheResponse")
    void workerThatBreaksTheRulesWithinAResponseIsKilledAndTheResponseIsCut(String reason, byte[] frame)
            throws Exception {
        submit("GET", Body.EMPTY);
        send(head(1), body("half"), frame);
        process.waitFor();
        assertThat(response.awaited()).last().asString().startsWith("tear ").contains(reason);
        assertThat(owner.again).isEmpty();
    }

    @Test
    void workerThatBreaksTheRulesBeforeItsHeadLosesThatRequestToAnother() throws Exception {
        submit("GET", Body.EMPTY);
        send(frame(Frame.HEAD, number(1), text("nonsense")));
        assertThat(owner.again.take()).isEqualTo("GET retried");
    }

    @Test
    void postThatItsWorkerDoesNotAnswerIsA502() throws Exception {
        submit("POST", Body.EMPTY);
        send(frame(Frame.HEAD, number(1), text("nonsense")));
        assertThat(response.awaited()).startsWith("start 502").endsWith("end");
    }

    @Test
    void workerThatGoesWithinAResponseCutsIt() throws Exception {
        submit("GET", Body.EMPTY);
        send(head(1), body("half"));
        worker.close();
        assertThat(response.awaited()).last().isEqualTo("tear the worker has gone");
    }

    @Test
    void wantWithMoreThanAnIdIsAgainstTheRules() throws Exception {
        submit("POST", Fakes.body(12_000), "HTTP_COOKIE", "c".repeat(10_000));
        send(frame(Frame.WANT, number(1), text("x")));
        process.waitFor();
    }

    @Test
    void retiringIsTold() throws Exception {
        generation.retire();
        assertThat(received(Frame.RETIRE).get()).isEqualTo((byte) 1);
    }
}
