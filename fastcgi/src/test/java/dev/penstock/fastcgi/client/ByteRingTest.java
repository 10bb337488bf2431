package dev.penstock.fastcgi.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRingTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8191, 8192, 8193, 20_000, 100_000})
    void givesWhatItGotInOrderAndNeverHoldsMoreThanItsBound(int maxBytes) {
        Random random = new Random(maxBytes);
        byte[] source = new byte[1_000_000];
        random.nextBytes(source);
        ByteBuffer in = ByteBuffer.wrap(source);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteRing ring = new ByteRing(maxBytes);
        byte[] chunk = new byte[30_000];
        boolean wasFull = false;
        while (out.size() < source.length) {
            ByteBuffer piece = in.slice(in.position(), Math.min(in.remaining(), random.nextInt(30_000)));
            int before = ring.size();
            ring.put(piece);
            assertThat(ring.size()).isEqualTo(before + piece.position()).isLessThanOrEqualTo(maxBytes);
            assertThat(ring.isFull()).isEqualTo(ring.size() == maxBytes);
            assertThat(piece.hasRemaining() && !ring.isFull())
                    .as("there was room")
                    .isFalse();
            wasFull |= ring.isFull();
            in.position(in.position() + piece.position());
            out.write(chunk, 0, ring.take(chunk, 0, random.nextInt(chunk.length)));
        }
        assertThat(out.toByteArray()).isEqualTo(source);
        assertThat(wasFull).isTrue();
    }
}
