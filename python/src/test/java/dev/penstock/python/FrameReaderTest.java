package dev.penstock.python;

import static dev.penstock.python.Fakes.frame;
import static dev.penstock.python.Fakes.number;
import static dev.penstock.python.Fakes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
    /// A channel that gives at most so many bytes a read, as sockets may.
    private record Sparing(ByteArrayInputStream in, int atOnce) implements ReadableByteChannel {
        @Override
        public int read(ByteBuffer target) {
            byte[] bytes = new byte[Math.min(atOnce, target.remaining())];
            int count = in.read(bytes, 0, bytes.length);
            if (count > 0) {
                target.put(bytes, 0, count);
            }
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static FrameReader reader(int atOnce, byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return new FrameReader(new Sparing(new ByteArrayInputStream(all.toByteArray()), atOnce));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 1000, 1_000_000})
    void framesAreReadHoweverTheyArrive(int atOnce) throws IOException {
        byte[] large = new byte[200_000];
        new Random(1).nextBytes(large);
        FrameReader frames =
                reader(atOnce, frame(16, number(7), text("head")), frame(17, large), frame(20), frame(255, text("x")));
        assertThat(frames.next()).isEqualTo(16);
        assertThat(frames.number()).isEqualTo(7);
        assertThat(frames.left()).isEqualTo(4);
        assertThat(frames.payload(4)).isEqualTo(text("head"));
        assertThat(frames.next()).isEqualTo(17);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (ByteBuffer piece = frames.piece(); piece != null; piece = frames.piece()) {
            byte[] bytes = new byte[piece.remaining()];
            piece.get(bytes);
            body.writeBytes(bytes);
        }
        assertThat(body.toByteArray()).isEqualTo(large);
        assertThat(frames.next()).isEqualTo(20);
        assertThat(frames.payload(0)).isEmpty();
        assertThat(frames.next()).isEqualTo(255);
        assertThat(frames.payload(1)).isEqualTo(text("x"));
        assertThat(frames.next()).isEqualTo(-1);
    }

    @Test
    void whatHasArrivedTogetherIsKnown() throws IOException {
        FrameReader frames = reader(1000, frame(17, text("a")), frame(17, text("b")));
        frames.next();
        frames.payload(1);
        assertThat(frames.hasMore()).isTrue();
        frames.next();
        frames.payload(1);
        assertThat(frames.hasMore()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 7, 8, 9, 15})
    void endWithinAFrameIsNoEnd(int length) {
        byte[] cut = Arrays.copyOf(frame(17, text("12345678")), length);
        assertThatThrownBy(() -> {
                    FrameReader frames = reader(100, cut);
                    frames.next();
                    frames.payload(100);
                })
                .isInstanceOf(EOFException.class)
                .hasMessage("the peer closed within a frame");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE})
    void negativeLengthIsRefused(int length) {
        byte[] hostile =
                Fakes.little(8).put((byte) 17).put(new byte[3]).putInt(length).array();
        assertThatThrownBy(() -> reader(100, hostile).next())
                .isInstanceOf(IOException.class)
                .hasMessage("a frame of type 17 claims a negative length");
    }

    @Test
    void payloadOverItsBoundIsRefusedBeforeItIsAllocated() throws IOException {
        byte[] hostile = Fakes.little(8)
                .put((byte) 20)
                .put(new byte[3])
                .putInt(Integer.MAX_VALUE)
                .array();
        FrameReader frames = reader(100, hostile);
        frames.next();
        assertThatThrownBy(() -> frames.payload(1000))
                .isInstanceOf(IOException.class)
                .hasMessage("a frame of 2147483647 bytes, expected 1000 at the most");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void frameTooShortForItsIdIsRefused(int length) throws IOException {
        FrameReader frames = reader(100, frame(18, new byte[length]), frame(18, number(1)));
        frames.next();
        assertThatThrownBy(frames::number).isInstanceOf(IOException.class).hasMessage("a frame without its request id");
    }

    @Test
    void idThatNeverComesIsAnEnd() throws IOException {
        FrameReader frames = reader(100, Arrays.copyOf(frame(18, number(1)), 12));
        frames.next();
        assertThatThrownBy(frames::number).isInstanceOf(EOFException.class);
    }

    @Test
    void readingOnBeforeTheFrameIsTakenIsMisuse() throws IOException {
        FrameReader frames = reader(100, frame(17, text("abc")));
        frames.next();
        assertThatIllegalStateException().isThrownBy(frames::next).withMessageContaining("3 bytes");
    }

    @Test
    void garbageIsFramesAnEndOrAnIoException() {
        Random random = new Random(20261122);
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            for (int at = 5; at < bytes.length; at += 8) {
                Arrays.fill(bytes, at, Math.min(at + 3, bytes.length), (byte) 0); // Else every length is huge.
            }
            FrameReader frames = reader(1 + random.nextInt(20), bytes);
            try {
                while (frames.next() >= 0) {
                    frames.payload(200);
                }
            } catch (IOException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1000, 4999);
    }
}
