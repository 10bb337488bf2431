package dev.penstock.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.server.Body;
import dev.penstock.server.BodyCollector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXDatagramChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/// The queue over a real datagram socket; the test is the workers.
@Timeout(20)
class RequestQueueTest {
    /// One worker thread: so many are let in at once.
    private static final int LET_IN = 7;

    @TempDir
    Path directory;

    private RequestQueue queue;
    private AFUNIXDatagramChannel worker;

    @BeforeEach
    void open() throws IOException {
        open(1);
    }

    private void open(int workerThreads) throws IOException {
        queue = new RequestQueue(workerThreads, directory);
        worker = FileDescriptorCast.duplicating(queue.receivingEnd()).as(AFUNIXDatagramChannel.class);
        worker.configureBlocking(false);
    }

    @AfterEach
    void close() throws IOException {
        worker.close();
        queue.close();
    }

    /// The next message as a worker gets it, or null when there is none.
    private ByteBuffer message() throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(20_000).order(ByteOrder.LITTLE_ENDIAN);
        return worker.read(message) <= 0 ? null : message.flip();
    }

    private List<Long> taken() throws IOException {
        List<Long> ids = new ArrayList<>();
        for (ByteBuffer message = message(); message != null; message = message()) {
            ids.add(message.getLong(0));
        }
        return ids;
    }

    private void submit(int from, int to) throws IOException {
        for (long id = from; id <= to; id++) {
            queue.submit(Fakes.inFlight(id));
        }
    }

    private static Long[] ids(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toArray(Long[]::new);
    }

    private ByteBuffer sent(InFlight request) throws IOException {
        queue.submit(request);
        return message();
    }

    private static InFlight post(Body body, String... pairs) {
        return new InFlight(5, Fakes.request("POST", body, pairs), new Fakes.Recorded(), false);
    }

    @Test
    void messageHasHeaderEnvironAndBody() throws IOException {
        ByteBuffer message = sent(post(Fakes.body(3)));
        assertThat(message.getLong()).isEqualTo(5);
        assertThat(message.get()).isEqualTo(RequestQueue.INLINE);
        assertThat(new byte[] {message.get(), message.get(), message.get()}).containsOnly(0);
        int environ = message.getInt();
        assertThat(message.get(16)).isEqualTo((byte) '{');
        assertThat(message.get(16 + environ - 1)).isEqualTo((byte) '0');
        assertThat(message.position(16 + environ).slice()).isEqualTo(ByteBuffer.wrap(Fakes.text("bbb")));
    }

    @Test
    void largestMessageIsFilledToTheLastByte() throws IOException {
        int head = sent(post(Body.EMPTY)).remaining();
        queue.done();
        int room = RequestQueue.MAX_MESSAGE_BYTES - head;
        ByteBuffer full = sent(post(Fakes.body(room)));
        assertThat(full.remaining()).isEqualTo(RequestQueue.MAX_MESSAGE_BYTES);
        assertThat(full.get(8)).isEqualTo(RequestQueue.INLINE);
        InFlight larger = post(Fakes.body(room + 1));
        ByteBuffer announced = sent(larger);
        assertThat(announced.remaining()).isEqualTo(RequestQueue.HEADER_BYTES);
        assertThat(announced.get(8)).isEqualTo(RequestQueue.BY_STREAM);
        assertThat(announced.getInt(12)).isZero();
        assertThat(larger.isByStream()).isTrue();
    }

    @Test
    void largeEnvironIsOnlyAnnounced() throws IOException {
        InFlight request = post(Fakes.body(3), "HTTP_COOKIE", "c".repeat(20_000));
        assertThat(sent(request).get(8)).isEqualTo(RequestQueue.BY_STREAM);
        ByteBuffer whole = RequestQueue.whole(request);
        assertThat(whole.getLong(0)).isEqualTo(5);
        assertThat(whole.get(8)).isEqualTo(RequestQueue.INLINE);
        assertThat(whole.remaining()).isEqualTo(16 + whole.getInt(12) + 3).isGreaterThan(20_000);
    }

    @Test
    void spooledBodyStaysInItsFile() throws IOException {
        try (BodyCollector collector = new BodyCollector(directory, 100_000)) {
            collector.add(ByteBuffer.allocate(50_000));
            try (Body body = collector.body()) {
                ByteBuffer message = sent(post(body));
                assertThat(message.get(8)).isEqualTo(RequestQueue.SPOOLED);
                assertThat(message.remaining()).isEqualTo(16 + message.getInt(12));
            }
        }
    }

    @Test
    void noMoreAreLetInThanWorkersCanSoonTake() throws IOException {
        submit(1, 20);
        assertThat(queue.waiting()).isEqualTo(20 - LET_IN);
        assertThat(taken()).containsExactly(ids(1, LET_IN));
        assertThat(taken()).as("taking is not being done").isEmpty();
    }

    @Test
    void eachThatIsDoneLetsTheNextIn() throws IOException {
        submit(1, 10);
        taken();
        queue.done();
        assertThat(taken()).containsExactly(8L);
        queue.done();
        queue.done();
        assertThat(taken()).containsExactly(9L, 10L);
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void firstComeIsFirstServed() throws IOException {
        submit(1, 30);
        List<Long> all = taken();
        while (all.size() < 30) {
            queue.done();
            all.addAll(taken());
        }
        assertThat(all).containsExactly(ids(1, 30));
    }

    @Test
    void placesAreUsedAgainAfterAPause() throws IOException {
        for (int round = 0; round < 5; round++) {
            submit(1, 10);
            List<Long> all = taken();
            for (int i = 0; i < 10; i++) {
                queue.done();
                all.addAll(taken());
            }
            assertThat(all).containsExactly(ids(1, 10));
        }
        submit(1, 20);
        assertThat(queue.waiting()).isEqualTo(20 - LET_IN);
    }

    @Test
    void takeBackGivesWhatNoWorkerHasSeenInOrder() throws IOException {
        submit(1, 12);
        assertThat(message().getLong(0)).isEqualTo(1);
        assertThat(queue.takeBack()).containsExactly(ids(2, 12));
        assertThat(queue.waiting()).isZero();
        assertThat(taken()).isEmpty();
        assertThat(queue.takeBack()).isEmpty();
    }

    @Test
    void takeBackMakesRoom() throws IOException {
        submit(1, 12);
        queue.takeBack();
        submit(21, 27);
        assertThat(queue.waiting()).isZero();
        assertThat(taken()).containsExactly(ids(21, 27));
    }

    @Test
    void whatTheKernelDoesNotTakeWaits() throws IOException {
        worker.close();
        queue.close();
        open(5000);
        submit(1, 4000);
        List<Long> all = taken();
        assertThat(all).as("the kernel's own bound").hasSizeBetween(5, 3999);
        assertThat(queue.waiting()).isEqualTo(4000 - all.size());
        for (int over = 0; over < all.size(); over++) {
            queue.done();
            all.addAll(taken());
        }
        assertThat(all).containsExactly(ids(1, 4000));
    }

    @Test
    void noneIsLostOrDoubledWhenManySubmitAtOnce() throws Exception {
        int threads = 4;
        int each = 2000;
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        CountDownLatch submitted = new CountDownLatch(threads);
        for (int thread = 0; thread < threads; thread++) {
            int first = thread * each + 1;
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    submit(first, first + each - 1);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                } finally {
                    submitted.countDown();
                }
            });
        }
        while (seen.size() < threads * each) {
            ByteBuffer message = message();
            if (message != null) {
                assertThat(seen.add(message.getLong(0)))
                        .as("for the first time")
                        .isTrue();
                queue.done();
            } else {
                Thread.onSpinWait();
            }
        }
        submitted.await();
        assertThat(queue.waiting()).isZero();
    }

    private InFlight[] submitted(int count) throws IOException {
        InFlight[] all = new InFlight[count + 1];
        for (int id = 1; id <= count; id++) {
            all[id] = Fakes.inFlight(id);
            queue.submit(all[id]);
        }
        return all;
    }

    @Test
    void oneOfThoseSentIsTakenBackAndTheOthersKeepTheirOrder() throws IOException {
        InFlight[] all = submitted(LET_IN + 2);
        assertThat(queue.takeBack(all[3], id -> all[(int) id])).isTrue();
        assertThat(queue.waiting()).isEqualTo(1);
        assertThat(taken()).containsExactly(1L, 2L, 4L, 5L, 6L, 7L, 8L);
        queue.done();
        assertThat(taken()).containsExactly(9L);
    }

    @Test
    void oneOfThoseThatWaitIsTakenBack() throws IOException {
        InFlight[] all = submitted(LET_IN + 2);
        assertThat(queue.takeBack(all[LET_IN + 1], id -> all[(int) id])).isTrue();
        assertThat(taken()).containsExactly(ids(1, LET_IN));
        queue.done();
        assertThat(taken()).containsExactly(LET_IN + 2L);
    }

    @Test
    void oneThatAWorkerHasIsNotTakenBackAndHoldsItsPlace() throws IOException {
        InFlight[] all = submitted(LET_IN + 1);
        assertThat(message().getLong(0)).isEqualTo(1);
        assertThat(queue.takeBack(all[1], id -> all[(int) id])).isFalse();
        assertThat(taken()).containsExactly(ids(2, LET_IN));
        assertThat(queue.waiting()).isEqualTo(1);
    }
}
