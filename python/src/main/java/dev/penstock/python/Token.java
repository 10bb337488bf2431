package dev.penstock.python;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;

/// A word that nobody can guess.
final class Token {
    private static final int BYTES = 16;

    private Token() {}

    /// From the kernel, as SecureRandom's bytes would be: loading Java's security providers for them would take
    /// longer than everything else that comes before the zygote.
    static String next() throws IOException {
        try (InputStream random = new FileInputStream("/dev/urandom")) {
            return HexFormat.of().formatHex(random.readNBytes(BYTES));
        }
    }
}
