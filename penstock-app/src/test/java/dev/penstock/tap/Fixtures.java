package dev.penstock.tap;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A fixture of the library's, `records/valid` or `records/invalid`: what a web server sends.
record Fixtures(String name, Limits limits, byte[] bytes) {
    private static final Path FOLDER = Path.of("..", "fastcgi", "src", "test", "resources", "records");
    private static final Pattern TOKEN = Pattern.compile("\"([^\"]*)\"|([0-9a-f]{2})(?:\\*(\\d+))?|#.*");

    static List<Fixtures> of(String folder) {
        try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
            return files.sorted().map(Fixtures::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Fixtures read(Path file) {
        Limits limits = Limits.DEFAULT;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith("limits ")) {
                    String[] number = line.split(" ");
                    limits = new Limits(
                            Integer.parseInt(number[1]), Integer.parseInt(number[2]), Integer.parseInt(number[3]));
                } else if (!line.startsWith("> ") && !line.startsWith("! ") && !line.startsWith("= ")) {
                    add(out, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Fixtures(file.getFileName().toString(), limits, out.toByteArray());
    }

    private static void add(ByteArrayOutputStream out, String line) {
        for (Matcher token = TOKEN.matcher(line); token.find(); ) {
            if (token.group(1) != null) {
                out.writeBytes(token.group(1).getBytes(StandardCharsets.ISO_8859_1));
            } else if (token.group(2) != null) {
                int times = token.group(3) == null ? 1 : Integer.parseInt(token.group(3));
                for (int i = 0; i < times; i++) {
                    out.write(Integer.parseInt(token.group(2), 16));
                }
            }
        }
    }

    /// Bounds that are as tight as the fixture's limits.
    Bounds bounds() {
        Bounds usual = Bounds.DEFAULT;
        return new Bounds(
                limits.maxParameters(),
                limits.maxParameterBytes(),
                usual.maxConnections(),
                usual.maxShown(),
                usual.memory(),
                usual.queue());
    }

    /// Feeds it to a tap, and answers each request as soon as it is complete, as a good application does.
    ///
    /// @param piece how many bytes the tap sees at once, at most
    Watched watch(int piece) {
        Watched watched = new Watched(bounds(), false, new Look(true, true, false, false));
        Decoder decoder = new Decoder(limits);
        int passed = 0;
        Set<Integer> filters = new HashSet<>();
        try {
            for (int at = 0; at < bytes.length; at++) {
                decoder.feed(ByteBuffer.wrap(bytes, at, 1));
                for (Event event = decoder.next(); event != null; event = decoder.next()) {
                    if (event instanceof Event.Begin begin && begin.role() == Role.FILTER) {
                        filters.add(begin.id());
                    }
                    int answered = answered(event, filters);
                    if (answered >= 0) {
                        watched.pass(Side.SERVER, Arrays.copyOfRange(bytes, passed, at + 1), piece);
                        passed = at + 1;
                        watched.application(new Wire().answer(answered, "Status: 200 OK\r\n\r\n"));
                    }
                }
            }
        } catch (ProtocolException e) {
            // The application would close now.
        }
        return watched.pass(Side.SERVER, Arrays.copyOfRange(bytes, passed, bytes.length), piece)
                .over();
    }

    private static int answered(Event event, Set<Integer> filters) {
        return switch (event) {
            case Event.StdinEnd end -> filters.contains(end.id()) ? -1 : end.id();
            case Event.DataEnd end -> end.id();
            case Event.AbortedEarly early -> early.id();
            case Event.Refused refused -> refused.id();
            default -> -1;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
