package dev.penstock.tap;

import java.util.Arrays;

/// The first bytes of something, to be shown, and how long the whole is. Its memory is the [Budget]'s.
final class Sample {
    private static final int FIRST = 512;
    private static final byte[] NOTHING = {};

    private final int most;
    private final Budget budget;
    private byte[] bytes = NOTHING;
    private int kept;
    private long total;

    /// An empty one.
    ///
    /// @param most how many bytes are kept
    Sample(int most, Budget budget) {
        this.most = most;
        this.budget = budget;
    }

    void add(byte[] source, int from, int length) {
        total += length;
        int taken = Math.min(length, most - kept);
        if (taken > 0 && total - length == kept && hasRoom(kept + taken)) {
            System.arraycopy(source, from, bytes, kept, taken);
            kept += taken;
        }
    }

    private boolean hasRoom(int needed) {
        if (needed <= bytes.length) {
            return true;
        }
        int larger = Math.max(needed, Math.min(most, Math.max(FIRST, bytes.length * 2)));
        if (!budget.take(larger - bytes.length)) {
            return false;
        }
        bytes = Arrays.copyOf(bytes, larger);
        return true;
    }

    /// What was kept.
    byte[] bytes() {
        return Arrays.copyOf(bytes, kept);
    }

    long total() {
        return total;
    }

    /// Gives the memory back; the length stays known.
    void release() {
        budget.give(bytes.length);
        bytes = NOTHING;
        kept = 0;
    }
}
