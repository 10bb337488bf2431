package dev.penstock.fastcgi.responder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What README.md shows is what runs here.
@Timeout(30)
class ReadmeTest {
    private static final Path SOURCES = Path.of("src/test/java/dev/penstock/fastcgi/responder");

    @ParameterizedTest
    @CsvSource({"HelloResponder, 15", "HelloClient, 10"})
    void readmeShowsTheseExamplesAndTheyAreAsShortAsItSays(String example, int lines) throws Exception {
        String source = Files.readString(SOURCES.resolve(example + ".java"));
        String shown = source.split("    // README\n")[1].indent(-4);
        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + shown + "```");
        assertThat(shown.lines().count()).isLessThanOrEqualTo(lines);
    }

    @Test
    void clientGetsTheRespondersHello(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("s");
        Thread responder = Thread.ofPlatform().daemon().start(() -> serve(socket));
        while (!listens(socket) && responder.isAlive()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            HelloClient.main(new String[] {socket.toString()});
        } finally {
            System.setOut(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("200 text/plain\nHello, /hello?name=you\n");
    }

    private static boolean listens(Path socket) {
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void serve(Path socket) {
        try {
            HelloResponder.main(new String[] {socket.toString()});
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
