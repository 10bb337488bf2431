package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyCollectorTest {
    private static final int EDGE = BodyCollector.IN_MEMORY_BYTES;

    @TempDir
    Path directory;

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private Body collected(byte[] bytes, int piece) throws IOException {
        try (BodyCollector collector = new BodyCollector(directory, 1_000_000)) {
            for (int at = 0; at < bytes.length; at += piece) {
                ByteBuffer next = ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at));
                assertThat(collector.add(next)).isTrue();
                assertThat(next.hasRemaining()).as("left in the piece").isFalse();
            }
            assertThat(collector.length()).isEqualTo(bytes.length);
            return collector.body();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "100, 7", "4096, 4096", "12287, 1000", "12287, 12287", "12288, 1", "12288, 5000", "12288, 12288"
    })
    void upToTheEdgeABodyStaysInMemory(int length, int piece) throws IOException {
        byte[] bytes = noise(length);
        Body body = collected(bytes, piece);
        assertThat(body).isInstanceOf(Body.InMemory.class);
        assertThat(body.length()).isEqualTo(length);
        assertThat(body.stream().readAllBytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"12289, 1", "12289, 12288", "12289, 12289", "12289, 5000", "100000, 8192", "1000000, 65535"})
    void beyondTheEdgeItIsSpooledWithWhatCameBefore(int length, int piece) throws IOException {
        byte[] bytes = noise(length);
        try (Body body = collected(bytes, piece)) {
            assertThat(body).isInstanceOf(Body.Spooled.class);
            assertThat(body.length()).isEqualTo(length);
            assertThat(body.stream().readAllBytes()).isEqualTo(bytes);
            assertThat(body.stream().readAllBytes()).as("read again").isEqualTo(bytes);
            assertThat(directory).as("the file has no name").isEmptyDirectory();
        }
    }

    @Test
    void nothingIsTheEmptyBody() throws IOException {
        assertThat(collected(new byte[0], 1)).isSameAs(Body.EMPTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, EDGE - 1, EDGE, EDGE + 1, 50_000})
    void limitIsTheLargestBodyThatIsTaken(int limit) throws IOException {
        try (BodyCollector collector = new BodyCollector(directory, limit)) {
            assertThat(collector.add(ByteBuffer.allocate(limit))).isTrue();
            assertThat(collector.add(ByteBuffer.allocate(0))).isTrue();
            assertThat(collector.add(ByteBuffer.allocate(1))).isFalse();
            assertThat(collector.length()).isEqualTo(limit);
        }
    }

    @Test
    void pieceOverTheLimitIsNotKept() throws IOException {
        try (BodyCollector collector = new BodyCollector(directory, 10)) {
            assertThat(collector.add(ByteBuffer.wrap(new byte[] {1, 2, 3}))).isTrue();
            assertThat(collector.add(ByteBuffer.allocate(8))).isFalse();
            try (Body body = collector.body()) {
                assertThat(body.stream().readAllBytes()).containsExactly(1, 2, 3);
            }
        }
    }

    @Test
    void closingTheCollectorDoesNotCloseABodyThatWasTaken() throws IOException {
        BodyCollector collector = new BodyCollector(directory, 100_000);
        collector.add(ByteBuffer.allocate(50_000));
        try (Body body = collector.body()) {
            collector.close();
            assertThat(body.stream().readAllBytes()).hasSize(50_000);
        }
    }

    @Test
    void bodyMayBeClosedTwice() throws IOException {
        byte[] bytes = new byte[20_000];
        Arrays.fill(bytes, (byte) 1);
        Body body = collected(bytes, 1000);
        body.close();
        body.close();
        assertThat(body.length()).isEqualTo(20_000);
    }
}
