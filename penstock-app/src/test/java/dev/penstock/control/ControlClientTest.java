package dev.penstock.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlClientTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path instance;

    private final List<String> lines = new ArrayList<>();

    @Test
    void sendsWordsAndHandsOnTheLinesBeforeTheStatus() throws Exception {
        try (FakeServer server = new FakeServer(instance, "one\n\nzwölf\nexit 4\n")) {
            int status = new ControlClient(instance, LONG).send(List.of("status", "json"), lines::add);
            assertThat(server.command()).containsExactly("status", "json");
            assertThat(lines).containsExactly("one", "", "zwölf");
            assertThat(status).isEqualTo(4);
        }
    }

    @Test
    void handsOnWhatCameOfAnAnswerThatBreaksOff() throws Exception {
        try (FakeServer _ = new FakeServer(instance, "one\ntwo")) {
            assertThatThrownBy(() -> new ControlClient(instance, LONG).send(List.of("reload"), lines::add))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("breaks off");
            assertThat(lines).containsExactly("one", "two");
        }
    }

    @Test
    void refusesAStatusThatIsNoNumber() throws Exception {
        try (FakeServer _ = new FakeServer(instance, "exit soon\n")) {
            assertThatThrownBy(() -> new ControlClient(instance, LONG).send(List.of("reload"), lines::add))
                    .hasMessageContaining("found: exit soon");
        }
    }

    @Test
    void givesUpWhenTheServerSaysNothing() throws Exception {
        try (FakeServer _ = new FakeServer(instance, null)) {
            ControlClient client = new ControlClient(instance, Duration.ofMillis(30));
            assertThatThrownBy(() -> client.send(List.of("status"), lines::add))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void reachesASocketWhosePathIsTooLongForTheKernel() throws Exception {
        Path deep = Files.createDirectories(instance.resolve("d".repeat(120)).resolve("e".repeat(120)));
        Path shortcut = Files.createSymbolicLink(instance.resolve("s"), deep);
        try (FakeServer _ = new FakeServer(shortcut, "exit 0\n")) {
            ControlClient client = new ControlClient(deep, LONG);
            assertThat(client.isAlive()).isTrue();
            assertThat(client.send(List.of("status"), lines::add)).isZero();
        }
    }

    @Test
    void seesThatNobodyListens() throws Exception {
        ControlClient client = new ControlClient(instance, LONG);
        assertThat(client.isAlive()).isFalse();
        new FakeServer(instance, "exit 0\n").close();
        assertThat(client.isAlive()).isFalse();
        assertThatThrownBy(() -> client.send(List.of("status"), lines::add)).isInstanceOf(IOException.class);
    }
}
