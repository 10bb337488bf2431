package dev.penstock.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Takes a request's body off its connection: in memory while it is small, then in a temporary file.
/// Used by the connection's reading thread.
public final class BodyCollector implements Closeable {
    /// A body up to this many bytes stays in memory and travels with its request.
    public static final int IN_MEMORY_BYTES = 12 * 1024;

    private final Path temporary;
    private final long maxBytes;
    private byte[] memory = new byte[0];
    private int inMemory;
    private @Nullable RandomAccessFile file;
    private long length;

    public BodyCollector(Path temporary, long maxBytes) {
        this.temporary = temporary;
        this.maxBytes = maxBytes;
    }

    /// Adds a piece. False when the body is over `max_request_body`: the piece is not kept.
    public boolean add(ByteBuffer piece) throws IOException {
        if (length + piece.remaining() > maxBytes) {
            return false;
        }
        length += piece.remaining();
        if (file == null && length <= IN_MEMORY_BYTES) {
            keep(piece);
        } else {
            spool(piece);
        }
        return true;
    }

    private void keep(ByteBuffer piece) {
        int total = inMemory + piece.remaining();
        if (total > memory.length) {
            memory = Arrays.copyOf(memory, Math.max(total, Math.min(2 * memory.length, IN_MEMORY_BYTES)));
        }
        piece.get(memory, inMemory, piece.remaining());
        inMemory = total;
    }

    private void spool(ByteBuffer piece) throws IOException {
        RandomAccessFile open = file;
        if (open == null) {
            open = TemporaryFile.open(temporary);
            file = open;
            open.write(memory, 0, inMemory);
            memory = new byte[0];
        }
        FileChannel channel = open.getChannel();
        while (piece.hasRemaining()) {
            channel.write(piece);
        }
    }

    /// Bytes taken so far.
    public long length() {
        return length;
    }

    /// The whole body; whoever gets it closes it.
    public Body body() {
        RandomAccessFile open = file;
        if (open != null) {
            file = null;
            return new Body.Spooled(open, length);
        }
        return length == 0 ? Body.EMPTY : new Body.InMemory(memory, inMemory);
    }

    /// Drops what was collected and not taken by [#body].
    @Override
    public void close() {
        Quietly.close(file);
        file = null;
    }
}
