package dev.penstock.tap;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.Set;

/// Requests for people: a line each, the faults below it, and on demand all that was said.
///
/// Every fault is written out. A note is written out when it is met for the first time, and only counted afterwards:
/// an application makes the same one with each answer.
final class TextView implements View {
    private static final int MAX_URI = 300;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());

    private final PrintWriter out;
    private final Look look;
    private final long startMillis;
    private long second = -1;
    private String textOfSecond = "";
    private final Set<Fault> explained = EnumSet.noneOf(Fault.class);

    /// A view that has shown nothing.
    ///
    /// @param startMicros when the tap began to listen, microseconds since 1970
    TextView(PrintWriter out, Look look, long startMicros) {
        this.out = out;
        this.look = look;
        this.startMillis = startMicros / 1000;
    }

    @Override
    public void exchange(Exchange exchange) {
        out.println(line(exchange));
        exchange.findings().stream()
                .filter(finding -> finding.fault().isFault() || explained.add(finding.fault()))
                .forEach(finding -> out.println("    " + coloured(finding)));
        if (exchange.samples != null) {
            full(exchange.samples);
        }
        exchange.records().forEach(record -> out.println("    " + words(record)));
        if (exchange.recordsLeftOut() > 0) {
            out.println("    … and " + exchange.recordsLeftOut() + " records more");
        }
    }

    @Override
    public void finding(int connection, int id, long time, Finding finding) {
        out.println(time(time) + " #" + connection + (id < 0 ? "" : "/" + id) + " " + coloured(finding));
    }

    @Override
    public void record(int connection, SeenRecord record) {
        out.println(time(record.time()) + " #" + connection + " " + words(record));
    }

    private String line(Exchange exchange) {
        StringBuilder line = new StringBuilder(160);
        line.append(time(exchange.began))
                .append(' ')
                .append(status(exchange.head.status()))
                .append(' ');
        line.append(exchange.method().isEmpty() ? "-" : Words.escape(exchange.method()))
                .append(' ');
        line.append(exchange.uri().isEmpty() ? "-" : shortened(Words.escape(exchange.uri())));
        line.append("  in ").append(Words.bytes(exchange.inputBytes));
        line.append(", out ").append(Words.bytes(exchange.bodyBytes));
        if (exchange.firstByte >= 0) {
            line.append(", first byte ").append(Words.millis(exchange.firstByte - exchange.began));
        }
        line.append(", all ").append(Words.millis(exchange.ended - exchange.began));
        line.append("  #").append(exchange.connection).append('/').append(exchange.id);
        line.append(' ').append(Words.role(exchange.role)).append(exchange.keepsConnection ? ", keep" : ", close");
        if (exchange.errorBytes > 0) {
            line.append(", STDERR ").append(Words.bytes(exchange.errorBytes));
        }
        line.append("  ").append(exchange.outcome);
        long notes = exchange.findings().stream()
                .filter(finding -> explained.contains(finding.fault()))
                .count();
        return notes == 0
                ? line.toString()
                : line.append(" (").append(notes).append(" noted)").toString();
    }

    private static String shortened(String uri) {
        return uri.length() <= MAX_URI ? uri : uri.substring(0, MAX_URI) + "…";
    }

    private String time(long micros) {
        long millis = startMillis + micros / 1000;
        if (millis / 1000 != second) {
            second = millis / 1000;
            textOfSecond = TIME.format(Instant.ofEpochSecond(second));
        }
        return textOfSecond + "." + Long.toString(1000 + millis % 1000).substring(1);
    }

    private String status(int status) {
        String text = status == 0 ? "---" : Integer.toString(status);
        return switch (status / 100) {
            case 2 -> coloured(text, 32);
            case 3 -> coloured(text, 36);
            case 4 -> coloured(text, 33);
            default -> coloured(text, 31);
        };
    }

    private String coloured(Finding finding) {
        return coloured(Words.escape(finding.toString()), finding.fault().isFault() ? 31 : 33);
    }

    private String coloured(String text, int colour) {
        return look.isColoured() ? "\u001b[" + colour + "m" + text + "\u001b[0m" : text;
    }

    private void full(Exchange.Samples samples) {
        for (String[] pair : Words.pairs(samples.variables.bytes())) {
            out.println("    " + Words.escape(pair[0]) + " = " + Words.escape(pair[1]));
        }
        body("request body", samples.input);
        if (samples.head.total() > 0) {
            String head = new String(samples.head.bytes(), StandardCharsets.ISO_8859_1);
            head.lines().filter(line -> !line.isEmpty()).forEach(line -> out.println("    < " + Words.escape(line)));
        }
        body("answer", samples.body);
        body("STDERR", samples.errors);
        out.println();
    }

    private void body(String what, Sample sample) {
        if (sample.total() > 0) {
            byte[] bytes = sample.bytes();
            String more = sample.total() > bytes.length ? " …" : "";
            out.println("    " + what + ", " + Words.bytes(sample.total()) + ": " + Words.printable(bytes) + more);
        }
    }

    private static String words(SeenRecord record) {
        return (record.side() == Side.SERVER ? "> " : "< ") + record.typeName() + " id " + record.id() + ", "
                + record.contentLength() + " bytes"
                + (record.paddingLength() == 0 ? "" : ", padding " + record.paddingLength());
    }
}
