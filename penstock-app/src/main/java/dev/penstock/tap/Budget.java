package dev.penstock.tap;

/// Memory that may be used for what is followed and kept, in bytes; for one thread.
final class Budget {
    private final long total;
    private long used;

    Budget(long total) {
        this.total = total;
    }

    /// Takes so much, or nothing and says false when there is not so much left.
    boolean take(long bytes) {
        if (used + bytes > total) {
            return false;
        }
        used += bytes;
        return true;
    }

    void give(long bytes) {
        used -= bytes;
    }

    long used() {
        return used;
    }
}
