package dev.penstock.server;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What a client has not taken yet of one response: first in memory, then in a temporary file, and
/// only when both are full does the application wait.
///
/// One thread puts, one takes. Bytes come out in the order in which they went in: once the file is in
/// use everything goes through it until it is empty again.
public final class Overflow {
    private static final int PIECE_BYTES = 64 * 1024;

    private final Bounds bounds;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> memory = new ArrayDeque<>();
    private int inMemory;
    private @Nullable RandomAccessFile file;
    /// Bytes that went through the file, out and in. It is a ring of `response_file` bytes, so that a client
    /// that never catches up does not make it grow.
    private long fileStart;

    private long fileEnd;
    private boolean complete;
    private boolean abandoned;

    public Overflow(Bounds bounds) {
        this.bounds = bounds;
    }

    /// Adds bytes; waits when `response_memory` and `response_file` are used up. Does nothing once the
    /// taker has gone.
    public void put(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        lock.lock();
        try {
            while (!abandoned && isFull(length)) {
                changed.awaitUninterruptibly();
            }
            if (abandoned) {
                return;
            }
            boolean inBudget = fitsMemory(length) && bounds.responses().tryTake(length);
            if (inBudget || length > bounds.responseFile()) {
                if (!inBudget) {
                    bounds.responses().take(length);
                }
                byte[] copy = new byte[length];
                bytes.get(copy);
                memory.add(copy);
                inMemory += length;
            } else {
                append(bytes);
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void forget() {
        bounds.responses().give(inMemory);
        inMemory = 0;
        memory.clear();
    }

    private boolean fitsMemory(int length) {
        return fileStart == fileEnd && inMemory + length <= bounds.responseMemory();
    }

    private boolean isFull(int length) {
        boolean nothingHeld = inMemory == 0 && fileStart == fileEnd;
        return !nothingHeld && !fitsMemory(length) && fileEnd - fileStart + length > bounds.responseFile();
    }

    private void append(ByteBuffer bytes) throws IOException {
        RandomAccessFile open = file;
        if (open == null) {
            open = TemporaryFile.open(bounds.temporary());
            file = open;
        }
        FileChannel channel = open.getChannel();
        while (bytes.hasRemaining()) {
            long at = fileEnd % bounds.responseFile();
            int length = (int) Math.min(bytes.remaining(), bounds.responseFile() - at);
            ByteBuffer part = bytes.slice(bytes.position(), length);
            int written = channel.write(part, at);
            bytes.position(bytes.position() + written);
            fileEnd += written;
        }
    }

    /// Nothing more will be put.
    public void complete() {
        signal(() -> complete = true);
    }

    /// Nothing more will be taken: the client has gone.
    public void abandon() {
        signal(() -> {
            abandoned = true;
            forget();
            Quietly.close(file);
        });
    }

    private void signal(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// The next bytes, waiting for them; null at the end, also when nobody wants them any more.
    public byte @Nullable [] take() throws IOException {
        lock.lock();
        try {
            while (memory.isEmpty() && fileStart == fileEnd && !complete && !abandoned) {
                changed.awaitUninterruptibly();
            }
            if (abandoned) {
                return null;
            }
            byte[] piece = memory.poll();
            if (piece != null) {
                inMemory -= piece.length;
                bounds.responses().give(piece.length);
            } else if (fileStart < fileEnd) {
                piece = readFile();
            }
            changed.signal();
            return piece;
        } finally {
            lock.unlock();
        }
    }

    /// The next bytes if there are any, without waiting.
    public byte @Nullable [] poll() throws IOException {
        return isEmpty() ? null : take();
    }

    /// Whether everything was put and taken, or nobody wants it any more and nothing more will be put.
    public boolean isOver() {
        lock.lock();
        try {
            return complete && (abandoned || isEmpty());
        } finally {
            lock.unlock();
        }
    }

    private byte[] readFile() throws IOException {
        RandomAccessFile open = file;
        if (open == null) {
            throw new IllegalStateException("bytes counted in a file that was never opened");
        }
        long at = fileStart % bounds.responseFile();
        long untilWrap = Math.min(fileEnd - fileStart, bounds.responseFile() - at);
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, untilWrap)];
        open.seek(at);
        open.readFully(piece);
        fileStart += piece.length;
        if (fileStart == fileEnd) {
            fileStart = 0;
            fileEnd = 0;
            open.setLength(0);
        }
        return piece;
    }

    /// Whether nothing waits to be taken now, so that a held-back piece should go out.
    public boolean isEmpty() {
        lock.lock();
        try {
            return memory.isEmpty() && fileStart == fileEnd;
        } finally {
            lock.unlock();
        }
    }

    /// Gives the file back, when everything was taken.
    public void close() {
        lock.lock();
        try {
            forget();
            Quietly.close(file);
        } finally {
            lock.unlock();
        }
    }
}
