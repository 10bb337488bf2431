package dev.penstock.server;

import static dev.penstock.server.WebServer.CLOSE;
import static dev.penstock.server.WebServer.KEEP_CONN;
import static dev.penstock.server.WebServer.begin;
import static dev.penstock.server.WebServer.get;
import static dev.penstock.server.WebServer.params;
import static dev.penstock.server.WebServer.record;
import static dev.penstock.server.WebServer.stdin;
import static dev.penstock.server.WebServer.stdinEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.RecordType;
import dev.penstock.fastcgi.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Applications that take all three roles.
@Timeout(20)
class FastCgiRoleTest {
    private static final int AUTHORIZER = 2;
    private static final int FILTER = 3;

    @TempDir
    Path directory;

    private Gate gate;
    private WebServer web;

    private static final class Everything implements Application {
        @Override
        public Set<Role> roles() {
            return EnumSet.allOf(Role.class);
        }

        @Override
        public void handle(Request request, Response response) {
            try {
                // Both at once, as an application may that reads one for the other.
                var data = request.data();
                int first = data.read();
                String input = new String(request.input().readAllBytes(), StandardCharsets.ISO_8859_1);
                String rest = new String(data.readAllBytes(), StandardCharsets.ISO_8859_1);
                String length = request.environ().get("CONTENT_LENGTH", "none");
                String environRole = request.environ().get("FCGI_ROLE", "none");
                Gate.answer(
                        response,
                        request.role() + " " + environRole + " " + length + " " + input + "|"
                                + (first < 0 ? "" : (char) first) + rest);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                request.body().close();
            }
        }
    }

    @BeforeEach
    void open() throws IOException {
        gate = new Gate(directory, new Everything());
        web = gate.connectPolled();
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    private static byte[] data(int id, String piece) {
        return record(RecordType.DATA, id, piece.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void responderIsTold() throws IOException {
        assertThat(web.send(get(1, KEEP_CONN)).answer(1).body()).isEqualTo("RESPONDER RESPONDER none |");
    }

    @Test
    void authorizerIsAskedWithoutAnyStdin() throws IOException {
        web.send(begin(1, AUTHORIZER, CLOSE), params(1, "REQUEST_METHOD", "GET"));
        assertThat(web.answer(1).body()).isEqualTo("AUTHORIZER AUTHORIZER none |");
        assertThat(web.next()).isNull();
    }

    @Test
    void authorizerMayBeSentAnEmptyStdinAndALengthThatIsNotItsOwn() throws IOException {
        web.send(begin(1, AUTHORIZER, KEEP_CONN), params(1, "CONTENT_LENGTH", "17"), stdinEnd(1));
        assertThat(web.answer(1).body()).isEqualTo("AUTHORIZER AUTHORIZER none |");
        web.settle();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 100_000})
    void filterGetsItsInputAndItsFile(int size) throws IOException {
        String input = "i".repeat(Math.min(size, 60_000));
        String file = "d".repeat(Math.min(size, 60_000));
        web.send(begin(1, FILTER, KEEP_CONN), params(1, "FCGI_DATA_LENGTH", Integer.toString(file.length())));
        web.send(stdin(1, input), stdinEnd(1), data(1, file), data(1, ""));
        assertThat(web.answer(1).body()).isEqualTo("FILTER FILTER " + input.length() + " " + input + "|" + file);
    }

    @Test
    void filterWithoutInputGetsItsFile() throws IOException {
        web.send(begin(1, FILTER, KEEP_CONN), params(1), stdinEnd(1), data(1, "file"), data(1, ""));
        assertThat(web.answer(1).body()).isEqualTo("FILTER FILTER none |file");
    }

    @Test
    void fileThatIsShorterThanAnnouncedIsA400() throws IOException {
        web.send(begin(1, FILTER, KEEP_CONN), params(1, "FCGI_DATA_LENGTH", "5"));
        web.send(stdinEnd(1), data(1, "file"), data(1, ""));
        assertThat(web.answer(1).text()).startsWith("Status: 400 ").contains("4 bytes of 5");
    }

    @Test
    void inputAndFileTogetherMayHaveTheLargestBody() throws IOException {
        String half = "x".repeat(50_000);
        web.send(begin(1, FILTER, KEEP_CONN), params(1), stdin(1, half), stdin(1, half), stdinEnd(1));
        web.send(data(1, half), data(1, half), data(1, "x"), data(1, ""));
        assertThat(web.answer(1).text()).startsWith("Status: 413 ");
        web.settle();
    }

    @Test
    void fileBeforeTheEndOfTheInputBreaksTheProtocol() throws IOException {
        web.send(begin(1, FILTER, KEEP_CONN), params(1), stdin(1, "in"), data(1, "file"));
        assertThat(web.next()).isNull();
        assertThat(gate.log).singleElement().asString().contains("DATA before the end of the body of request 1");
    }
}
