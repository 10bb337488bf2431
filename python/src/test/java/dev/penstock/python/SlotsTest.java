package dev.penstock.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotsTest {
    @TempDir
    Path directory;

    @Test
    void beginEmptyAndWithoutAName() throws IOException {
        try (Slots slots = new Slots(directory, 3)) {
            assertThat(slots.count()).isEqualTo(3);
            for (int slot = 0; slot < 3; slot++) {
                assertThat(slots.request(slot)).isZero();
            }
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void showWhatAnotherProcessWritesWithoutBeingTold() throws IOException {
        try (Slots slots = new Slots(directory, 3);
                FileOutputStream file = new FileOutputStream(slots.descriptor());
                FileChannel worker = file.getChannel()) {
            assertThat(worker.size()).isEqualTo(3 * 64);
            ByteBuffer id = ByteBuffer.wrap(Fakes.number(0x0102030405060708L));
            worker.write(id, 2 * 64);
            assertThat(slots.request(2)).isEqualTo(0x0102030405060708L);
            assertThat(slots.request(0)).isZero();
            assertThat(slots.request(1)).isZero();
        }
    }

    @Test
    void clearedSlotForgetsOnlyItself() throws IOException {
        try (Slots slots = new Slots(directory, 2);
                FileOutputStream file = new FileOutputStream(slots.descriptor());
                FileChannel worker = file.getChannel()) {
            worker.write(ByteBuffer.wrap(Fakes.number(7)), 0);
            worker.write(ByteBuffer.wrap(Fakes.number(8)), 64);
            slots.clear(0);
            assertThat(slots.request(0)).isZero();
            assertThat(slots.request(1)).isEqualTo(8);
        }
    }

    @Test
    void clientThatHasGoneIsToldInTheSlotOfItsRequest() throws IOException {
        try (Slots slots = new Slots(directory, 2);
                FileOutputStream file = new FileOutputStream(slots.descriptor());
                FileChannel worker = file.getChannel()) {
            worker.write(ByteBuffer.wrap(Fakes.number(7)), 64);
            assertThat(slots.find(7)).isEqualTo(1);
            assertThat(slots.find(8)).isEqualTo(-1);
            slots.clientGone(1, 7);
            ByteBuffer seen = ByteBuffer.allocate(8);
            try (java.io.FileInputStream reader = new java.io.FileInputStream(slots.descriptor())) {
                reader.getChannel().read(seen, 64 + 8);
            }
            assertThat(seen.array()).isEqualTo(Fakes.number(7));
        }
    }
}
