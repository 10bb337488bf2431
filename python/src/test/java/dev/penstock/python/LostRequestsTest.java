package dev.penstock.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.server.Body;
import dev.penstock.server.EventLog;
import dev.penstock.server.Request;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LostRequestsTest {
    @TempDir
    Path directory;

    private final List<String> log = new ArrayList<>();
    private final NotingOwner owner = new NotingOwner();
    private final Fakes.Recorded response = new Fakes.Recorded();
    private RandomAccessFile file;
    private LostRequests lost;

    @BeforeEach
    void make() throws IOException {
        file = new RandomAccessFile(directory.resolve("body").toFile(), "rw");
        EventLog events = (level, source, text) -> log.add(level + " " + source + ": " + text);
        lost = new LostRequests(owner, events, "shop");
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    private InFlight dies(String method, boolean retried, boolean begun) {
        Request request = Fakes.request(method, new Body.Spooled(file, 0));
        InFlight inFlight = new InFlight(1, request, response, retried);
        if (begun) {
            inFlight.begun();
        }
        lost.handle(inFlight, new Worker(2, 4711, "shop", (level, source, text) -> {}), "signal SIGKILL");
        return inFlight;
    }

    private boolean bodyIsClosed() {
        return !file.getChannel().isOpen();
    }

    @ParameterizedTest
    @CsvSource({"GET", "HEAD"})
    void safeRequestIsGivenToAnotherWorkerOnce(String method) {
        dies(method, false, false);
        assertThat(owner.again).containsExactly(method + " retried");
        assertThat(response.calls).isEmpty();
        assertThat(bodyIsClosed()).as("the other worker needs the body").isFalse();
        assertThat(log).singleElement().asString().contains("shop worker 2", method + " /page", "signal SIGKILL");
    }

    @ParameterizedTest
    @CsvSource({"GET, true", "POST, false", "PUT, false", "DELETE, false", "PATCH, false", "get, false", "POST, true"})
    void otherIsA502ThatTheLogExplains(String method, boolean retried) {
        dies(method, retried, false);
        assertThat(owner.again).isEmpty();
        assertThat(response.calls).first().isEqualTo("start 502");
        assertThat(response.calls).last().isEqualTo("end");
        assertThat(bodyIsClosed()).isTrue();
        String incident = response.body().replaceAll("(?s).*Incident ([0-9a-z]+).*", "$1");
        assertThat(log)
                .singleElement()
                .asString()
                .startsWith("ERROR shop: incident " + incident + ": " + method + " /page")
                .endsWith("worker 2 (pid 4711) died with it: signal SIGKILL");
    }

    @Test
    void headThatWasRetriedIsA502WithoutABody() {
        dies("HEAD", true, false);
        assertThat(response.calls).containsExactly("start 502", "end");
    }

    @ParameterizedTest
    @CsvSource({"GET, false", "GET, true", "POST, false"})
    void responseThatHasBegunIsCut(String method, boolean retried) {
        dies(method, retried, true);
        assertThat(owner.again).isEmpty();
        assertThat(response.calls).containsExactly("tear signal SIGKILL");
        assertThat(bodyIsClosed()).isTrue();
    }

    @Test
    void refusalTellsTheReasonToTheLogOnly() {
        lost.refuse(new InFlight(1, Fakes.request("GET", Body.EMPTY), response, false), "a secret reason");
        assertThat(response.body()).contains("Incident ").doesNotContain("secret");
        assertThat(log).singleElement().asString().endsWith("GET /page: a secret reason");
    }
}
