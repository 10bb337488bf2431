package dev.penstock.server;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files that nobody can find or forget: readable by the owner only, and without a name from the start.
public final class TemporaryFile {
    private TemporaryFile() {}

    /// A new empty file, open for reading and writing, that vanishes when it is closed.
    public static RandomAccessFile open(Path directory) throws IOException {
        Path path = Files.createTempFile(directory, "body-", ".tmp");
        try {
            return new RandomAccessFile(path.toFile(), "rw");
        } finally {
            Files.delete(path);
        }
    }
}
