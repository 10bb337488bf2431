package dev.penstock.python;

import dev.penstock.server.Quietly;
import dev.penstock.server.TemporaryFile;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// A small file in shared memory in which each worker thread writes the id of the request that it
/// took, before it starts the application. So the server knows who has what without being told, even
/// when the worker can no longer tell.
///
/// ```
/// slot i at byte 64 * i: id of the request that the thread took last        8 bytes, by the worker
///                    + 8: id of a request of this thread whose client has gone 8 bytes, by the server
/// ```
///
/// Little endian; the rest of the cache line is unused. The second number is how a worker learns of an
/// abort: it looks there between two chunks, which costs no system call, and nobody waits to write it.
final class Slots implements Closeable {
    private static final int SLOT_BYTES = 64;
    private static final int GONE_OFFSET = 8;

    private final RandomAccessFile file;
    private final MappedByteBuffer memory;
    private final int count;

    Slots(Path temporary, int count) throws IOException {
        this.count = count;
        this.file = TemporaryFile.open(temporary);
        this.memory = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, (long) count * SLOT_BYTES);
        memory.order(ByteOrder.LITTLE_ENDIAN);
    }

    int count() {
        return count;
    }

    /// The request that the thread with this slot took last; it may be over.
    long request(int slot) {
        return memory.getLong(slot * SLOT_BYTES);
    }

    /// Forgets what a slot holds, before it goes to a new worker.
    void clear(int slot) {
        memory.putLong(slot * SLOT_BYTES, 0);
        memory.putLong(slot * SLOT_BYTES + GONE_OFFSET, 0);
    }

    /// The slot whose thread took this request last, or -1.
    int find(long request) {
        for (int slot = 0; slot < count; slot++) {
            if (request(slot) == request) {
                return slot;
            }
        }
        return -1;
    }

    /// Tells the thread with this slot that the request's client has gone. Any thread.
    void clientGone(int slot, long request) {
        memory.putLong(slot * SLOT_BYTES + GONE_OFFSET, request);
    }

    FileDescriptor descriptor() throws IOException {
        return file.getFD();
    }

    @Override
    public void close() {
        Quietly.close(file);
    }
}
