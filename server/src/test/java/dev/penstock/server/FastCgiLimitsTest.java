package dev.penstock.server;

import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.params;
import static dev.penstock.server.WebServer.record;
import static dev.penstock.server.WebServer.stdin;
import static dev.penstock.server.WebServer.stdinEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.RecordType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Limits over a real connection: what is over one ends the connection with one line that names it, is
/// counted, and frees what it held. What exactly each limit counts is tested with the decoder.
@Timeout(20)
class FastCgiLimitsTest {
    private static final Limits LIMITS = new Limits(10_000, 5, 2, 50, 9000, 3);
    private static final int MAX_BODY = 20_000;
    private static final int MAX_HEAD = 1000;

    @TempDir
    Path directory;

    private Gate gate;
    private WebServer web;

    private void open(long requestMemory) throws IOException {
        open(requestMemory, (request, response) -> Gate.answer(response, "body"));
    }

    private void open(long requestMemory, Application application) throws IOException {
        Bounds bounds = new Bounds(
                100,
                MAX_BODY,
                1024,
                1 << 20,
                1 << 20,
                5_000_000_000L,
                directory,
                LIMITS,
                requestMemory,
                new Budget(1 << 30),
                MAX_HEAD,
                Times.DEFAULT);
        gate = new Gate(directory, application, bounds);
        web = gate.connect();
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    /// Twice: what is held is counted after everything that was read together has been answered.
    private void settle() throws IOException {
        web.settle();
        web.settle();
    }

    private void assertClosedBecauseOf(WebServer closed, String setting) throws Exception {
        assertThat(closed.next()).isNull();
        closed.awaitServed();
        assertThat(gate.log)
                .singleElement()
                .asString()
                .startsWith("WARNING closed a connection from user " + System.getProperty("user.name") + ": ")
                .contains("(" + setting + ")");
        assertThat(gate.gate.counters().limits()).isEqualTo(Map.of(setting, 1L));
        assertThat(gate.gate.counters().protocolErrors.sum()).isEqualTo(1);
    }

    @Test
    void tooLongANameEndsTheConnection() throws Exception {
        open(1 << 20);
        web.send(get(1, KEEP_CONN, "N".repeat(50), "v"));
        web.answer(1);
        web.send(get(1, KEEP_CONN, "N".repeat(51), "v"));
        assertClosedBecauseOf(web, "max_parameter_name");
    }

    @Test
    void tooLongAValueEndsTheConnection() throws Exception {
        open(1 << 20);
        web.send(get(1, KEEP_CONN, "N", "v".repeat(9000)));
        web.answer(1);
        web.send(get(1, KEEP_CONN, "N", "v".repeat(9001)));
        assertClosedBecauseOf(web, "max_parameter_value");
    }

    @Test
    void tooManyVariablesEndTheConnection() throws Exception {
        open(1 << 20);
        web.send(get(1, KEEP_CONN, "A", "", "B", "", "C", "", "D", "", "E", ""));
        web.answer(1);
        web.send(get(1, KEEP_CONN, "A", "", "B", "", "C", "", "D", "", "E", "", "F", ""));
        assertClosedBecauseOf(web, "max_parameters");
    }

    @Test
    void tooManyBytesOfVariablesEndTheConnectionBeforeTheirEnd() throws Exception {
        open(1 << 20);
        web.send(begin(1, 1, KEEP_CONN), record(RecordType.PARAMS, 1, new byte[10_000]));
        settle();
        web.send(record(RecordType.PARAMS, 1, new byte[1]));
        assertClosedBecauseOf(web, "max_parameter_bytes");
    }

    @Test
    void floodOfRecordsForNobodyEndsTheConnection() throws Exception {
        open(1 << 20);
        web.send(stdin(9, "a"), stdin(9, "a"), stdin(9, "a"));
        settle();
        web.send(stdin(9, "a"));
        assertClosedBecauseOf(web, "max_ignored_records");
    }

    @Test
    void bodyOverItsLimitIsAnsweredAndCounted() throws Exception {
        open(1 << 20);
        web.send(begin(1, 1, KEEP_CONN), params(1, "REQUEST_URI", "/a\r\nERROR forged\u001b[2J"));
        web.send(stdin(1, "x".repeat(MAX_BODY)));
        settle();
        assertThat(gate.log).isEmpty();
        web.send(stdin(1, "x"), stdinEnd(1));
        assertThat(web.answer(1).text()).startsWith("Status: 413 ");
        assertThat(gate.gate.counters().limits()).isEqualTo(Map.of("max_request_body", 1L));
        assertThat(gate.log)
                .singleElement()
                .asString()
                .startsWith("WARNING /a\\x0d\\x0aERROR forged\\x1b[2J: 413, ")
                .contains("max_request_body");
    }

    @ParameterizedTest
    @ValueSource(ints = {MAX_HEAD - 1, MAX_HEAD})
    void responseHeadUpToItsLimitIsSent(int bytes) throws Exception {
        open(1 << 20, (request, response) -> answer(response, bytes));
        web.send(get(1, KEEP_CONN));
        assertThat(web.answer(1).text()).startsWith("Status: 200 OK\r\n").hasSize(bytes + 4);
    }

    @Test
    void responseHeadOverItsLimitIsReplacedAndCounted() throws Exception {
        open(1 << 20, (request, response) -> answer(response, MAX_HEAD + 1));
        web.send(get(1, KEEP_CONN));
        WebServer.Answer answer = web.answer(1);
        assertThat(answer.text())
                .startsWith("Status: 502 ")
                .contains("1001 bytes, more than 1000 (max_response_head)")
                .endsWith("</html>\n");
        assertThat(gate.gate.counters().limits()).isEqualTo(Map.of("max_response_head", 1L));
        assertThat(gate.log).singleElement().asString().contains("(max_response_head)");
        web.settle();
    }

    private static void answer(Response response, int headBytes) {
        int rest = headBytes - Head.of(200, "OK", "A", "").block().length;
        response.start(Head.of(200, "OK", "A", "v".repeat(rest)));
        response.write(Gate.bytes("body"));
        response.flush();
        response.end();
    }

    /// What a connection with these records holds, counted by itself with memory for everything.
    private long heldBy(byte[]... records) throws Exception {
        open(1 << 20);
        web.send(records);
        settle();
        long held = gate.gate.heldBytes();
        close();
        Files.delete(directory.resolve("gate"));
        return held;
    }

    private static final byte[][] MUCH = {begin(1, 1, KEEP_CONN), record(RecordType.PARAMS, 1, new byte[9000])};

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void requestsMayHoldTheirMemoryTogether(int more) throws Exception {
        open(heldBy(MUCH) + more);
        web.send(MUCH);
        settle();
        assertThat(gate.log).isEmpty();
    }

    @Test
    void requestsOverTheirMemoryEndTheConnectionThatHoldsMuch() throws Exception {
        open(heldBy(MUCH) - 1);
        web.send(MUCH);
        assertClosedBecauseOf(web, "request_memory");
    }

    @Test
    void memoryIsForAllConnectionsTogetherAndSmallRequestsAreServedAllTheSame() throws Exception {
        open(heldBy(MUCH) + 100);
        web.send(MUCH);
        settle();
        try (WebServer small = gate.connect();
                WebServer large = gate.connect()) {
            small.send(get(1, KEEP_CONN, "A", "b"));
            assertThat(small.answer(1).body()).isEqualTo("body");
            large.send(MUCH);
            assertClosedBecauseOf(large, "request_memory");
        }
        settle();
    }

    @Test
    void whatBodiesHoldCountsToo() throws Exception {
        byte[][] post = {begin(1, 1, KEEP_CONN), params(1), stdin(1, "x".repeat(5000))};
        open(heldBy(post) - 1);
        web.send(post);
        assertClosedBecauseOf(web, "request_memory");
    }

    @Test
    void memoryIsGivenBack() throws Exception {
        open(1 << 20);
        web.send(begin(1, 1, KEEP_CONN), params(1), stdin(1, "abc"));
        settle();
        long waiting = gate.gate.heldBytes();
        web.send(stdinEnd(1));
        web.answer(1);
        settle();
        assertThat(gate.gate.heldBytes()).isLessThan(waiting);
        web.send(MUCH);
        settle();
        assertThat(gate.gate.heldBytes()).isGreaterThan(waiting);
        web.close();
        web.awaitServed();
        assertThat(gate.gate.heldBytes()).isZero();
    }

    @Test
    void floodOfBrokenConnectionsIsFewLines() throws Exception {
        open(1 << 20);
        for (int i = 0; i < 50; i++) {
            try (WebServer broken = gate.connect()) {
                broken.send(new byte[] {7});
                assertThat(broken.next()).isNull();
                broken.awaitServed();
            }
        }
        assertThat(gate.gate.counters().protocolErrors.sum()).isEqualTo(50);
        assertThat(gate.log).hasSizeLessThan(25);
    }
}
