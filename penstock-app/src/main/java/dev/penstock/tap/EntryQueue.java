package dev.penstock.tap;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/// A bounded queue of [Entry]s with their bytes, in one array: one thread puts, another takes, nobody ever waits and
/// nothing is allocated.
///
/// ```
/// entry   size(4) kind(4) connection(4) length(4) time(8) bytes…, to the next multiple of 8
/// size -1: nothing more fits before the end of the array; go on at its beginning
/// ```
///
/// Invariant: `taken <= put <= taken + array length`; the bytes between belong to the taker, the others to the putter.
final class EntryQueue {
    private static final int HEAD = 24;
    private static final int WRAP = -1;

    private final ByteBuffer ring;
    private final AtomicLong put = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();
    /// Room that bytes leave for entries without: whether a connection is over matters more than what it said.
    private final int reserve;

    private long takenUpTo;

    /// An empty one.
    ///
    /// @param size in bytes, a power of two
    EntryQueue(int size) {
        if (Integer.bitCount(size) != 1 || size < 1024) {
            throw new IllegalArgumentException("expected a power of two, found: " + size);
        }
        ring = ByteBuffer.allocate(size);
        reserve = size / 16;
    }

    /// Copies what remains in `bytes`, whose position stays; the putter's thread only.
    ///
    /// @return false when there is no room
    boolean offer(Entry.Kind kind, int connection, long time, ByteBuffer bytes) {
        int length = bytes.remaining();
        int size = (HEAD + length + 7) & ~7;
        long at = put.get();
        int offset = offset(at);
        int toEnd = ring.capacity() - offset;
        int skipped = size > toEnd ? toEnd : 0;
        long free = ring.capacity() - (at - taken.get());
        if (free < size + skipped + (length > 0 ? reserve : 0)) {
            return false;
        }
        if (skipped > 0) {
            ring.putInt(offset, WRAP);
            at += skipped;
            offset = 0;
        }
        ring.putInt(offset, size);
        ring.putInt(offset + 4, kind.code);
        ring.putInt(offset + 8, connection);
        ring.putInt(offset + 12, length);
        ring.putLong(offset + 16, time);
        ring.put(offset + HEAD, bytes, bytes.position(), length);
        put.set(at + size);
        return true;
    }

    /// Fills `entry` with the oldest; its bytes stay valid until the next call. The taker's thread only.
    ///
    /// @return false when there is none
    boolean take(Entry entry) {
        taken.lazySet(takenUpTo);
        if (takenUpTo == put.get()) {
            return false;
        }
        int offset = offset(takenUpTo);
        if (ring.getInt(offset) == WRAP) {
            takenUpTo += ring.capacity() - offset;
            offset = 0;
        }
        int length = ring.getInt(offset + 12);
        entry.set(
                Entry.Kind.of(ring.getInt(offset + 4)),
                ring.getInt(offset + 8),
                ring.getLong(offset + 16),
                ring.array(),
                offset + HEAD,
                length);
        takenUpTo += ring.getInt(offset);
        return true;
    }

    boolean isEmpty() {
        return put.get() == taken.get();
    }

    private int offset(long position) {
        return (int) (position & (ring.capacity() - 1));
    }
}
