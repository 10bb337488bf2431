package dev.penstock.server;

import java.util.concurrent.atomic.AtomicLong;

/// Bytes that many may hold together. Any thread.
public final class Budget {
    private final long mostBytes;
    private final AtomicLong held = new AtomicLong();

    public Budget(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /// Takes so many bytes if there are so many left.
    boolean tryTake(long bytes) {
        if (held.addAndGet(bytes) <= mostBytes) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    /// Takes them whether they are left or not, or, below zero, gives them back. False when it is too much now.
    boolean take(long bytes) {
        return held.addAndGet(bytes) <= mostBytes;
    }

    void give(long bytes) {
        held.addAndGet(-bytes);
    }

    /// Bytes that are held now.
    long held() {
        return held.get();
    }

    long mostBytes() {
        return mostBytes;
    }
}
