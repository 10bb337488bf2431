package dev.penstock.fastcgi.client;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Bytes that came and that nobody has taken, up to a bound, in their order. Not safe for several threads:
/// its [Exchange] has the lock. It begins small and doubles, so that most requests stay small, and takes no
/// more than its bound however small the pieces are.
final class ByteRing {
    private static final int FIRST_BYTES = 8192;

    private final int maxBytes;
    private byte[] ring;
    private int start;
    private int size;

    ByteRing(int maxBytes) {
        this.maxBytes = maxBytes;
        this.ring = new byte[Math.min(FIRST_BYTES, maxBytes)];
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == maxBytes;
    }

    /// Takes as much as there is room for out of the buffer.
    void put(ByteBuffer from) {
        int wanted = Math.min(from.remaining(), maxBytes - size);
        if (size + wanted > ring.length) {
            grow(size + wanted);
        }
        while (wanted > 0) {
            int at = (start + size) % ring.length;
            int part = Math.min(wanted, ring.length - at);
            from.get(ring, at, part);
            size += part;
            wanted -= part;
        }
    }

    private void grow(int needed) {
        byte[] larger = new byte[Math.min(maxBytes, Math.max(needed, 2 * ring.length))];
        int first = Math.min(size, ring.length - start);
        System.arraycopy(ring, start, larger, 0, first);
        System.arraycopy(ring, 0, larger, first, size - first);
        ring = larger;
        start = 0;
    }

    /// Gives up to `length` of the oldest bytes; returns how many.
    int take(byte[] to, int offset, int length) {
        int taken = 0;
        while (taken < length && size > 0) {
            int part = Math.min(Math.min(length - taken, size), ring.length - start);
            System.arraycopy(ring, start, to, offset + taken, part);
            start = (start + part) % ring.length;
            size -= part;
            taken += part;
        }
        return taken;
    }

    void clear() {
        start = 0;
        size = 0;
        ring = Arrays.copyOf(ring, Math.min(FIRST_BYTES, ring.length));
    }
}
