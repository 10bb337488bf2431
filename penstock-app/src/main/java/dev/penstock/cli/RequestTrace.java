package dev.penstock.cli;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import dev.penstock.fastcgi.RecordReader;
import dev.penstock.fastcgi.RecordType;
import dev.penstock.fastcgi.client.Wiretap;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Shows what goes over a connection, a line for each record; called by the threads that send and receive.
///
/// ```
/// +   0.4 ms  > PARAMS         id 1     312 bytes  REQUEST_METHOD=GET PATH_INFO=/ HTTP_COOKIE=*** ...
/// +   9.1 ms  < STDOUT         id 1      56 bytes  "Content-Type: text/plain\r\n\r\nhello"
/// ```
final class RequestTrace implements Wiretap {
    private static final int SHOWN_BYTES = 100;
    private static final int KEPT_BYTES = 65_535;
    private static final int MAX_PAIRS = 10_000;
    private static final String MASK = "***";
    private static final Pattern SECRET =
            Pattern.compile("COOKIE|AUTHORIZATION|PASSW|PASSWD|SECRET|TOKEN|_PW$|API_?KEY", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECRET_HEADER = Pattern.compile(
            "^(set-cookie|(?:www-|proxy-)?authenticat[a-z-]*|variable-[^:]*(?:passw|secret|token)[^:]*):[^\r\n]*",
            Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

    private final PrintWriter err;
    private final boolean areSecretsShown;
    /// The first record's time; 0 before.
    private long startNanos;
    private final @Nullable Direction sent;
    private final @Nullable Direction received;

    RequestTrace(PrintWriter err, RequestCommand.Protocol protocol, boolean areSecretsShown) {
        this.err = err;
        this.areSecretsShown = areSecretsShown;
        boolean hasRecords = protocol == RequestCommand.Protocol.FASTCGI;
        this.sent = hasRecords ? new Direction('>') : null;
        this.received = hasRecords ? new Direction('<') : null;
    }

    @Override
    public synchronized void sent(ByteBuffer bytes) {
        show('>', sent, bytes);
    }

    @Override
    public synchronized void received(ByteBuffer bytes) {
        show('<', received, bytes);
    }

    private void show(char way, @Nullable Direction direction, ByteBuffer bytes) {
        if (direction != null) {
            direction.take(bytes);
        } else {
            line(way, String.format("%-13s        %6d bytes  %s", "bytes", bytes.remaining(), plain(way, bytes)));
        }
        err.flush();
    }

    /// Variables are between NULs or lengths; nothing of them is shown where one might be a secret.
    private String plain(char way, ByteBuffer bytes) {
        boolean isHead = way == '>';
        return isHead && !areSecretsShown ? "(shown with --secrets)" : quoted(text(bytes, SHOWN_BYTES));
    }

    private void line(char way, String what) {
        startNanos = startNanos == 0 ? System.nanoTime() : startNanos;
        err.println(String.format(Locale.ROOT, "+%8.1f ms  %c %s", (System.nanoTime() - startNanos) / 1e6, way, what));
    }

    /// One way of the connection. A record is shown when all of it is there.
    private final class Direction {
        private final char way;
        private final RecordReader records = new RecordReader();
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private boolean isBroken;

        Direction(char way) {
            this.way = way;
        }

        void take(ByteBuffer bytes) {
            if (isBroken) {
                return;
            }
            String beginning = text(bytes, SHOWN_BYTES);
            try {
                records.feed(bytes);
                while (records.advance()) {
                    keep(records.piece());
                    if (records.isTaken()) {
                        line(way, words(content.toByteArray()));
                        content.reset();
                    }
                }
            } catch (ProtocolException e) {
                isBroken = true;
                line(way, "not FastCGI: " + quoted(beginning));
            }
        }

        private void keep(ByteBuffer piece) {
            byte[] kept = new byte[Math.min(piece.remaining(), KEPT_BYTES - content.size())];
            piece.get(kept);
            content.writeBytes(kept);
        }

        private String words(byte[] bytes) {
            RecordType type = known(records.type());
            String name = type == null ? "type " + records.type() : type.name();
            String head = String.format("%-13s id %-3d %6d bytes", name, records.id(), bytes.length);
            String detail = type == null ? "" : detail(type, bytes);
            return detail.isEmpty() ? head : head + "  " + detail;
        }
    }

    private static @Nullable RecordType known(int code) {
        for (RecordType type : RecordType.values()) {
            if (type.code() == code) {
                return type;
            }
        }
        return null;
    }

    private String detail(RecordType type, byte[] bytes) {
        return switch (type) {
            case PARAMS, GET_VALUES, GET_VALUES_RESULT -> bytes.length == 0 ? "(the end)" : pairs(bytes);
            case STDIN, STDOUT, STDERR, DATA -> bytes.length == 0 ? "(the end)" : content(type, bytes);
            case BEGIN_REQUEST -> bytes.length < 3 ? "" : "role " + bytes[1] + (bytes[2] == 0 ? ", close" : ", keep");
            case END_REQUEST ->
                bytes.length < 5 ? "" : "status " + ByteBuffer.wrap(bytes).getInt() + ", protocol status " + bytes[4];
            case UNKNOWN_TYPE -> bytes.length == 0 ? "" : "type " + (bytes[0] & 0xff);
            case ABORT_REQUEST -> "";
        };
    }

    private String content(RecordType type, byte[] bytes) {
        if (type == RecordType.STDIN && !areSecretsShown) {
            return "(shown with --secrets)";
        }
        String text = new String(bytes, 0, Math.min(bytes.length, 4096), StandardCharsets.ISO_8859_1);
        String masked = areSecretsShown ? text : SECRET_HEADER.matcher(text).replaceAll("$1: " + "\\*\\*\\*");
        return quoted(masked.substring(0, Math.min(SHOWN_BYTES, masked.length())))
                + (masked.length() > SHOWN_BYTES ? "…" : "");
    }

    private String pairs(byte[] bytes) {
        try {
            Parameters pairs = Parameters.parse(bytes, bytes.length, MAX_PAIRS);
            List<String> words = new ArrayList<>();
            for (int pair = 0; pair < pairs.count(); pair++) {
                boolean isSecret =
                        !areSecretsShown && SECRET.matcher(pairs.name(pair)).find();
                words.add(printable(pairs.name(pair)) + "=" + (isSecret ? MASK : printable(pairs.value(pair))));
            }
            return String.join(" ", words);
        } catch (ProtocolException e) {
            return "(a part of a pair)";
        }
    }

    private static String text(ByteBuffer bytes, int most) {
        byte[] some = new byte[Math.min(most, bytes.remaining())];
        bytes.get(bytes.position(), some);
        return new String(some, StandardCharsets.ISO_8859_1);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            switch (c) {
                case '\r' -> quoted.append("\\r");
                case '\n' -> quoted.append("\\n");
                case '"' -> quoted.append("\\\"");
                default -> quoted.append(c < ' ' || c > '~' ? String.format("\\x%02x", (int) c) : String.valueOf(c));
            }
        }
        return quoted.append('"').toString();
    }

    /// An application must not get to command our terminal.
    static String printable(String line) {
        StringBuilder text = new StringBuilder(line.length());
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            text.append(Character.isISOControl(c) && c != '\t' ? '\ufffd' : c);
        }
        return text.toString();
    }
}
