package dev.penstock.deploy;

import dev.penstock.server.EventLog;
import dev.penstock.server.Quietly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// The log of one instance: a file, and beside it whatever a person or a web server watches.
///
/// ```
/// 2026-11-22T17:45:45.123Z WARNING quickstart worker 2: text
///   further lines of the same event are indented
/// ```
final class LogFile implements EventLog, AutoCloseable {
    private static final long ROTATE_BYTES = 10L * 1024 * 1024;

    private final Path path;
    private final Level echo;
    private @Nullable FileChannel file;
    private boolean opened;
    private long written;
    private volatile String lastError = "";

    /// The file is opened for the first event: a server that starts has something better to do first.
    ///
    /// @param echo events of this level and above also go to standard error: a terminal, or the web
    ///     server's error log
    LogFile(Path path, Level echo) {
        this.path = path;
        this.echo = echo;
    }

    private void open() {
        opened = true;
        try {
            if (!Files.exists(path)) {
                Files.createFile(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
            }
            file = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            written = file.size();
        } catch (IOException e) {
            System.err.println("penstock: cannot write the log " + path + ": " + e.getMessage());
        }
    }

    @Override
    public void event(Level level, String source, String text) {
        if (level == Level.DEBUG) {
            return;
        }
        String lines = text.replace("\n", "\n  ");
        String line = Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + level + " " + source + ": " + lines + "\n";
        if (level == Level.ERROR) {
            lastError = line.strip();
        }
        write(line);
        if (level.compareTo(echo) >= 0) {
            System.err.print("penstock: " + source + ": " + lines + "\n");
        }
    }

    private synchronized void write(String line) {
        if (!opened) {
            open();
        }
        FileChannel open = file;
        if (open == null) {
            return;
        }
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line);
            while (bytes.hasRemaining()) {
                written += open.write(bytes);
            }
            if (written > ROTATE_BYTES) {
                rotate(open);
            }
        } catch (IOException e) {
            Quietly.close(open);
            file = null;
            System.err.println("penstock: the log " + path + " ends here: " + e.getMessage());
        }
    }

    private void rotate(FileChannel full) throws IOException {
        full.close();
        Files.move(path, path.resolveSibling(path.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    /// The newest event of level ERROR as it stands in the file, or empty.
    String lastError() {
        return lastError;
    }

    Path path() {
        return path;
    }

    @Override
    public synchronized void close() {
        opened = true;
        Quietly.close(file);
        file = null;
    }
}
