package dev.penstock.tap;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;

/// A file that holds what has passed, masked before it comes here. For one thread.
///
/// All numbers are big endian.
///
/// ```
/// line     penstock-tap 1 masked|with-secrets MICROSECONDS-SINCE-1970 LF
/// entry    kind(1) connection(4) time(8) length(4) bytes…          time: microseconds since the line's
/// ```
///
/// Kinds are those of [Entry.Kind] by their number. An entry has at most [#MAX_ENTRY] bytes. The last is END, with the
/// reason; a file without one was cut off. The file is for its owner only (0600) and never replaces another.
public final class Recording implements AutoCloseable {
    static final String MAGIC = "penstock-tap 1 ";
    static final int MAX_ENTRY = 1 << 20;
    static final int ENTRY_HEAD = 17;
    private static final int END_ROOM = 200;

    private final Path file;
    private final long maxBytes;
    private final String maxText;
    private final DataOutputStream out;
    private long written;
    /// Why nothing more is written, or empty.
    private String ended = "";

    /// Makes the file.
    ///
    /// @param maxBytes when it has so many, the recording ends: `--max-size`
    /// @param maxText the same as the user wrote it
    /// @throws IOException that says what stands in the way
    public Recording(Path file, long maxBytes, String maxText) throws IOException {
        this.file = file;
        this.maxBytes = maxBytes;
        this.maxText = maxText;
        try {
            var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            var channel = Files.newByteChannel(
                    file, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), owner);
            out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
        } catch (FileAlreadyExistsException e) {
            throw new IOException(file + " is there already; a recording never replaces a file", e);
        }
    }

    /// Writes the first line.
    void begin(boolean isMasked, long startMicros) {
        String line = MAGIC + (isMasked ? "masked " : "with-secrets ") + startMicros + "\n";
        try {
            out.write(line.getBytes(StandardCharsets.US_ASCII));
            written += line.length();
        } catch (IOException e) {
            failed(e);
        }
    }

    void write(Entry entry) {
        if (!ended.isEmpty()) {
            return;
        }
        if (written + ENTRY_HEAD + entry.length + END_ROOM > maxBytes) {
            end(entry.time, "the recording has reached its largest size, " + maxText + " (--max-size)");
            return;
        }
        try {
            put(entry);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void put(Entry entry) throws IOException {
        out.writeByte(entry.kind.code);
        out.writeInt(entry.connection);
        out.writeLong(entry.time);
        out.writeInt(entry.length);
        out.write(entry.bytes, entry.from, entry.length);
        written += ENTRY_HEAD + entry.length;
    }

    /// Writes the last entry; what comes later is left out.
    void end(long time, String reason) {
        if (!ended.isEmpty()) {
            return;
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        Entry last = new Entry();
        last.set(Entry.Kind.END, 0, time, text, 0, text.length);
        try {
            put(last);
            out.flush();
            ended = reason;
        } catch (IOException e) {
            failed(e);
        }
    }

    /// What is written so far is in the file when this returns.
    void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException e) {
        if (ended.isEmpty()) {
            ended = file + " cannot be written any more: " + e.getMessage();
        }
    }

    /// Why nothing more is written, or empty.
    String ended() {
        return ended;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
