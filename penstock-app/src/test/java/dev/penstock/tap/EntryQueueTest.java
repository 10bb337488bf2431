package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryQueueTest {
    private static final int SIZE = 4096;
    private final EntryQueue queue = new EntryQueue(SIZE);
    private final Entry entry = new Entry();

    private boolean offer(byte[] bytes, int connection) {
        return queue.offer(Entry.Kind.FROM_SERVER, connection, 7L * connection, ByteBuffer.wrap(bytes));
    }

    @Test
    void everythingComesOutInOrderWhereverTheArrayEnds() {
        Random random = new Random(20261122);
        Deque<byte[]> inside = new ArrayDeque<>();
        int in = 0;
        int out = 0;
        for (int step = 0; step < 100_000; step++) {
            if (random.nextBoolean()) {
                byte[] bytes = new byte[random.nextInt(700)];
                random.nextBytes(bytes);
                if (offer(bytes, in)) {
                    inside.add(bytes);
                    in++;
                }
            } else if (queue.take(entry)) {
                assertThat(entry.connection).isEqualTo(out);
                assertThat(entry.time).isEqualTo(7L * out++);
                assertThat(Arrays.copyOfRange(entry.bytes, entry.from, entry.from + entry.length))
                        .isEqualTo(inside.remove());
            } else {
                assertThat(inside).isEmpty();
            }
        }
        assertThat(out).isGreaterThan(10_000);
    }

    @Test
    void whenItIsFullBytesAreRefusedFirstAndNewsLast() {
        int taken = 0;
        while (offer(new byte[100], taken)) {
            taken++;
        }
        assertThat(taken).isBetween(20, SIZE / 128);
        assertThat(offer(new byte[0], 99)).isTrue();
        int news = 0;
        while (offer(new byte[0], 99)) {
            assertThat(++news).isLessThan(SIZE);
        }
        assertThat(queue.take(entry)).isTrue();
        assertThat(queue.take(entry)).isTrue();
        assertThat(offer(new byte[0], 100)).isTrue();
    }

    @Test
    void theBufferThatIsCopiedKeepsItsPosition() {
        ByteBuffer bytes = ByteBuffer.wrap("abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        bytes.position(2);

        assertThat(queue.offer(Entry.Kind.FROM_SERVER, 1, 1, bytes)).isTrue();

        assertThat(bytes.position()).isEqualTo(2);
        queue.take(entry);
        assertThat(entry.text()).isEqualTo("cdef");
    }
}
