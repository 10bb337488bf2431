package dev.penstock.python;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/// Reads frames from a process that is not trusted. One thread.
///
/// Small payloads are read whole with [#payload]; a large one can be taken in pieces with [#piece].
final class FrameReader {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ReadableByteChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .limit(0);
    private int left;

    FrameReader(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /// The type of the next frame, waiting for it; -1 when the peer closed between two frames.
    int next() throws IOException {
        if (left > 0) {
            throw new IllegalStateException(left + " bytes of the last frame have not been taken");
        }
        if (!require(Frame.HEADER_BYTES)) {
            return -1;
        }
        int type = buffer.get() & 0xff;
        buffer.position(buffer.position() + 3);
        left = buffer.getInt();
        if (left < 0) {
            throw new IOException("a frame of type " + type + " claims a negative length");
        }
        return type;
    }

    /// Bytes of the current frame that have not been taken.
    int left() {
        return left;
    }

    /// The rest of the frame.
    ///
    /// @throws IOException when it is larger than `maxBytes`
    byte[] payload(int maxBytes) throws IOException {
        if (left > maxBytes) {
            throw new IOException("a frame of " + left + " bytes, expected " + maxBytes + " at the most");
        }
        byte[] payload = new byte[left];
        int at = 0;
        for (ByteBuffer piece = piece(); piece != null; piece = piece()) {
            int length = piece.remaining();
            piece.get(payload, at, length);
            at += length;
        }
        return payload;
    }

    /// The number that begins the frame's payload.
    long number() throws IOException {
        if (left < Long.BYTES || !require(Long.BYTES)) {
            throw new IOException("a frame without its request id");
        }
        left -= Long.BYTES;
        return buffer.getLong();
    }

    /// The next piece of the frame, waiting for it, or null at its end. Valid until the next call.
    @Nullable ByteBuffer piece() throws IOException {
        if (left == 0) {
            return null;
        }
        if (!buffer.hasRemaining() && !require(1)) {
            throw new EOFException("the peer closed within a frame");
        }
        int take = Math.min(left, buffer.remaining());
        ByteBuffer piece = buffer.slice(buffer.position(), take);
        buffer.position(buffer.position() + take);
        left -= take;
        return piece;
    }

    /// Whether more has been read already, so that what is at hand need not be sent on yet.
    boolean hasMore() {
        return buffer.hasRemaining();
    }

    /// Makes sure that so many bytes are in the buffer; false at an end of input before the first.
    private boolean require(int bytes) throws IOException {
        if (buffer.remaining() >= bytes) {
            return true;
        }
        boolean nothing = !buffer.hasRemaining();
        buffer.compact();
        try {
            while (buffer.position() < bytes) {
                if (channel.read(buffer) < 0) {
                    if (nothing && buffer.position() == 0) {
                        return false;
                    }
                    throw new EOFException("the peer closed within a frame");
                }
            }
        } finally {
            buffer.flip();
        }
        return true;
    }
}
