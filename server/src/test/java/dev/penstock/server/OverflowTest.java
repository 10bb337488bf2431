package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class OverflowTest {
    private static final int MEMORY = 1000;
    private static final int FILE = 5000;

    @TempDir
    Path directory;

    private Overflow overflow;

    @BeforeEach
    void open() {
        overflow = overflow(MEMORY, FILE);
    }

    private Overflow overflow(int memory, long file) {
        return new Overflow(new Bounds(1, 1, memory, file, 1, 1, directory, Limits.DEFAULT));
    }

    @AfterEach
    void close() {
        overflow.abandon();
        overflow.close();
    }

    private void put(int value, int length) throws IOException {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) value);
        overflow.put(ByteBuffer.wrap(bytes));
    }

    private Thread putting(int length) {
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                put(9, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return thread;
    }

    private static void awaitWaiting(Thread thread) {
        Eventually.becomes("the thread waits", () -> thread.getState() == Thread.State.WAITING);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20261122})
    void bytesComeOutInTheOrderInWhichTheyWentIn(long seed) throws IOException {
        Random random = new Random(seed);
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int step = 0; step < 5000; step++) {
            byte[] bytes = new byte[1 + random.nextInt(700)];
            random.nextBytes(bytes);
            if (in.size() - out.size() + bytes.length <= FILE && random.nextInt(5) > 1) {
                overflow.put(ByteBuffer.wrap(bytes));
                in.writeBytes(bytes);
            } else if (!overflow.isEmpty()) {
                out.writeBytes(overflow.take());
            }
        }
        overflow.complete();
        for (byte[] piece = overflow.take(); piece != null; piece = overflow.take()) {
            out.writeBytes(piece);
        }
        assertThat(out.toByteArray()).isEqualTo(in.toByteArray());
    }

    @Test
    void memoryIsFilledBeforeAFileIsMade() throws IOException {
        put(1, MEMORY);
        assertThat(files()).isZero();
        put(2, 1);
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void fileHasNoName() throws IOException {
        put(1, MEMORY + 1);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void fileIsGivenBack() throws IOException {
        put(1, MEMORY + 1);
        overflow.close();
        assertThat(files()).isZero();
    }

    @Test
    void putterWaitsWhenBothAreFullUntilSomethingIsTaken() throws Exception {
        put(1, MEMORY);
        put(2, FILE);
        Thread putter = putting(1);
        awaitWaiting(putter);
        assertThat(overflow.take()).hasSize(MEMORY).containsOnly(1);
        assertThat(overflow.take()).hasSize(FILE).containsOnly(2);
        assertThat(overflow.take()).containsExactly(9);
        putter.join();
    }

    @Test
    void pieceLargerThanBothPassesWhenNothingElseIsHeld() throws IOException {
        put(1, 10 * FILE);
        overflow.complete();
        assertThat(overflow.take()).hasSize(10 * FILE);
        assertThat(overflow.take()).isNull();
    }

    @Test
    void takerWaitsForTheNextPiece() throws Exception {
        Thread taker = Thread.ofPlatform().daemon().start(this::takeOne);
        awaitWaiting(taker);
        put(1, 10);
        taker.join();
        assertThat(overflow.isEmpty()).isTrue();
    }

    @Test
    void takerThatWaitsIsToldOfTheEnd() throws Exception {
        Thread taker = Thread.ofPlatform().daemon().start(this::takeOne);
        awaitWaiting(taker);
        overflow.complete();
        taker.join();
    }

    @Test
    void takerThatWaitsIsToldThatTheClientHasGone() throws Exception {
        Thread taker = Thread.ofPlatform().daemon().start(this::takeOne);
        awaitWaiting(taker);
        overflow.abandon();
        taker.join();
    }

    private void takeOne() {
        try {
            overflow.take();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void putterThatWaitsGoesOnWhenTheClientHasGone() throws Exception {
        put(1, MEMORY);
        put(2, FILE);
        Thread putter = putting(1);
        awaitWaiting(putter);
        overflow.abandon();
        putter.join();
        put(3, 100 * FILE);
        assertThat(files()).isZero();
    }

    @Test
    void whatWasPutBeforeTheEndIsStillTaken() throws IOException {
        put(1, MEMORY);
        put(2, 10);
        overflow.complete();
        assertThat(overflow.take()).hasSize(MEMORY);
        assertThat(overflow.take()).hasSize(10);
        assertThat(overflow.take()).isNull();
        assertThat(overflow.take()).isNull();
    }

    @Test
    void fileDoesNotGrowWithTheLengthOfTheResponse() throws IOException {
        overflow = overflow(MEMORY, 1_000_000);
        put(1, 400_000);
        for (int i = 0; i < 100; i++) {
            put(2, 64 * 1024);
            overflow.take();
        }
        try (Stream<Path> open = openFiles()) {
            assertThat(open.mapToLong(OverflowTest::size).sum()).isLessThan(2_500_000);
        }
    }

    private long files() throws IOException {
        try (Stream<Path> open = openFiles()) {
            return open.count();
        }
    }

    /// Descriptors of this process for files that were made in the test's directory.
    private Stream<Path> openFiles() throws IOException {
        return Files.list(Path.of("/proc/self/fd")).filter(descriptor -> {
            try {
                return Files.readSymbolicLink(descriptor).startsWith(directory);
            } catch (IOException e) {
                return false; // Closed since, as the one that lists the folder.
            }
        });
    }

    private static long size(Path descriptor) {
        try {
            return Files.size(descriptor);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void allResponsesShareOneMemoryAndTheRestGoesToTheirFiles() throws IOException {
        Budget budget = new Budget(10);
        Bounds bounds = new Bounds(1, 1, 100, 1000, 1, 1, directory, Limits.DEFAULT, 1, budget, 1000, Times.DEFAULT);
        Overflow first = new Overflow(bounds);
        Overflow second = new Overflow(bounds);
        first.put(java.nio.ByteBuffer.wrap(new byte[6]));
        assertThat(budget.held()).isEqualTo(6);
        second.put(java.nio.ByteBuffer.wrap(new byte[5]));
        assertThat(budget.held()).as("five more would be too much").isEqualTo(6);
        Overflow third = new Overflow(bounds);
        third.put(java.nio.ByteBuffer.wrap(new byte[4]));
        assertThat(budget.held()).as("four are not").isEqualTo(10);
        second.put(java.nio.ByteBuffer.wrap(new byte[] {7}));
        second.complete();
        assertThat(second.take()).isEqualTo(new byte[] {0, 0, 0, 0, 0, 7});
        assertThat(first.take()).hasSize(6);
        assertThat(budget.held()).isEqualTo(4);
        third.abandon();
        third.close();
        assertThat(budget.held()).isZero();
        second.close();
        first.close();
    }
}
