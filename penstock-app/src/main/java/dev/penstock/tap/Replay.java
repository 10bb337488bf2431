package dev.penstock.tap;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Shows what a [Recording] holds as if it passed now.
public final class Replay {
    private static final int MAX_LINE = 100;

    private final DataInputStream in;
    private final boolean isMasked;
    private final long startMicros;
    private final Entry entry = new Entry();
    /// Why the recording ends, or empty while it does not.
    private String end = "";

    private Replay(InputStream in) throws IOException {
        this.in = new DataInputStream(in);
        String line = line();
        if (!line.startsWith(Recording.MAGIC)) {
            boolean isOther = line.startsWith("penstock-tap ");
            throw new IOException(
                    isOther
                            ? "a recording of another version of `penstock tap`; this one reads version 1"
                            : "not a recording of `penstock tap`");
        }
        String[] words = line.substring(Recording.MAGIC.length()).split(" ", -1);
        isMasked = words[0].equals("masked");
        try {
            startMicros = Long.parseLong(words.length == 2 ? words[1] : "");
        } catch (NumberFormatException e) {
            throw new IOException("the first line of the recording has no time", e);
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n' && line.size() < MAX_LINE; b = in.read()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.US_ASCII);
    }

    /// Shows a recording.
    ///
    /// @param keepsSecrets whether those that were recorded are shown
    /// @return why the recording ends
    /// @throws IOException when it cannot be read, or is none
    public static String show(Path file, Screen screen, boolean keepsSecrets, Bounds bounds) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            Replay replay = new Replay(in);
            screen.begin(replay.startMicros);
            Traffic traffic = new Traffic(screen.following(new NameRules(keepsSecrets), bounds));
            while (!screen.isComplete() && replay.next()) {
                traffic.take(replay.entry);
            }
            traffic.over();
            screen.flush();
            return replay.end + (replay.isMasked ? "" : "; it was made with --keep-secrets");
        }
    }

    /// Reads one entry.
    ///
    /// @return false at the end, whether it was meant or not
    private boolean next() throws IOException {
        try {
            int code = in.read();
            if (code < 0) {
                throw new EOFException();
            }
            Entry.Kind kind = Entry.Kind.of(code);
            int connection = in.readInt();
            long time = in.readLong();
            int length = in.readInt();
            if (length < 0 || length > Recording.MAX_ENTRY) {
                throw new IllegalArgumentException("an entry of " + length + " bytes");
            }
            entry.set(kind, connection, time, in.readNBytes(length), 0, length);
            if (entry.bytes.length < length) {
                throw new EOFException();
            }
        } catch (EOFException e) {
            end = "the recording was cut off";
            return false;
        } catch (IllegalArgumentException e) {
            end = "the recording is damaged: " + e.getMessage();
            return false;
        }
        if (entry.kind == Entry.Kind.END) {
            end = entry.text();
        }
        return entry.kind != Entry.Kind.END;
    }
}
