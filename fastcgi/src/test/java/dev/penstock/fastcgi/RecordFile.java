package dev.penstock.fastcgi;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A file of `records/valid` or `records/invalid`: what a peer sends and what the [Decoder] makes of it.
///
/// ```
/// # a comment, also at the end of a line
/// limits 1024 10 2          optional: parameter bytes, parameters, requests (else the default)
/// 01 04 ff*3 "text"         bytes in hex, `*n` repeats one, text in quotes is ISO 8859-1
/// > Stdin 1 "text"          an event that is expected; pieces of one body are joined
/// ! message                 the ProtocolException that is expected at the end
/// = within a record         where the input ended, if not between two requests
/// ```
record RecordFile(String name, Limits limits, List<byte[]> lines, List<String> expected) {
    private static final Pattern TOKEN = Pattern.compile("\"([^\"]*)\"|([0-9a-f]{2})(?:\\*(\\d+))?|#.*|\\s+|(.)");

    /// All files of a folder of `records`.
    static List<RecordFile> all(String folder) {
        try (Stream<Path> files = Files.list(
                Path.of(RecordFile.class.getResource("/records/" + folder).toURI()))) {
            return files.sorted().map(RecordFile::read).toList();
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("cannot list the fixtures of " + folder, e);
        }
    }

    private static RecordFile read(Path file) {
        Limits limits = Limits.DEFAULT;
        List<byte[]> lines = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith("limits ")) {
                    String[] number = line.split(" ");
                    limits = new Limits(
                            Integer.parseInt(number[1]), Integer.parseInt(number[2]), Integer.parseInt(number[3]));
                } else if (line.startsWith("> ") || line.startsWith("! ") || line.startsWith("= ")) {
                    expected.add(line);
                } else {
                    lines.add(bytes(file, line));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RecordFile(file.getFileName().toString(), limits, lines, expected);
    }

    private static byte[] bytes(Path file, String line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Matcher token = TOKEN.matcher(line); token.find(); ) {
            if (token.group(1) != null) {
                out.writeBytes(token.group(1).getBytes(StandardCharsets.ISO_8859_1));
            } else if (token.group(2) != null) {
                int times = token.group(3) == null ? 1 : Integer.parseInt(token.group(3));
                for (int i = 0; i < times; i++) {
                    out.write(Integer.parseInt(token.group(2), 16));
                }
            } else if (token.group(4) != null) {
                throw new IllegalArgumentException(file + ": expected hex or text, found: " + line);
            }
        }
        return out.toByteArray();
    }

    /// Everything that the peer sends.
    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        lines.forEach(out::writeBytes);
        return out.toByteArray();
    }

    @Override
    public String toString() {
        return name;
    }
}
