package dev.penstock.fastcgi;

import java.util.Random;
import java.util.zip.CRC32;

/// How fuzz targets cut an input and compare what came of it.
final class Pieces {
    private Pieces() {}

    /// The same for the same input, so that a finding can be replayed.
    static Random randomOf(byte[] input) {
        CRC32 seed = new CRC32();
        seed.update(input);
        return new Random(seed.getValue());
    }

    static void same(String how, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw new AssertionError(how + ": " + found + " instead of " + expected);
        }
    }
}
