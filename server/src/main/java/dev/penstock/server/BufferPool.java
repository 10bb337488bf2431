package dev.penstock.server;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/// Direct buffers that go from one connection to the next, because making one costs more than a
/// request: web servers that close after each request would pay it every time.
final class BufferPool {
    /// Room for one full record and the records that end a response.
    static final int BUFFER_BYTES = 68 * 1024;

    /// Buffers kept when nobody uses them; more are made when needed and dropped afterwards.
    private static final int KEPT = 64;

    private final ArrayBlockingQueue<ByteBuffer> idle = new ArrayBlockingQueue<>(KEPT);

    /// An empty buffer of [#BUFFER_BYTES], big endian.
    ByteBuffer take() {
        ByteBuffer buffer = idle.poll();
        return buffer != null ? buffer.clear() : ByteBuffer.allocateDirect(BUFFER_BYTES);
    }

    /// Takes a buffer back; the caller no longer uses it.
    void give(ByteBuffer buffer) {
        if (!idle.offer(buffer)) {
            return; // Left to the collector.
        }
    }
}
