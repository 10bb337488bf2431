package dev.penstock.tap;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/// What a tap makes of bytes that are given to it by hand: its lines, and the faults by name.
final class Watched {
    final List<Finding> findings = new ArrayList<>();
    final List<Exchange> exchanges = new ArrayList<>();
    final StringWriter lines = new StringWriter();
    final Budget budget;
    private final Traffic traffic;
    private final Entry entry = new Entry();
    private long time = 1_000_000;

    Watched() {
        this(Bounds.DEFAULT, false, new Look(true, true, false, false));
    }

    Watched(Bounds bounds, boolean keepsSecrets, Look look) {
        PrintWriter out = new PrintWriter(lines);
        View text = look.isJson() ? new JsonView(out, look, 0) : new TextView(out, look, 0);
        budget = new Budget(bounds.memory());
        traffic = new Traffic(new Following(
                new NameRules(keepsSecrets), bounds, budget, new Noting(text), look.isFull(), look.hasRecords()));
    }

    /// Gives bytes of one side; secrets in them are masked where they stand.
    Watched pass(Side side, byte[] bytes) {
        return pass(side, bytes, bytes.length);
    }

    /// The same in pieces.
    Watched pass(Side side, byte[] bytes, int piece) {
        for (int at = 0, length; at < bytes.length; at += length) {
            length = Math.min(piece, bytes.length - at);
            entry.set(Entry.Kind.passed(side), 1, time, bytes, at, length);
            traffic.take(entry);
        }
        return this;
    }

    Watched server(Wire wire) {
        return pass(Side.SERVER, wire.bytes());
    }

    Watched application(Wire wire) {
        return pass(Side.APPLICATION, wire.bytes());
    }

    Watched tell(Entry.Kind kind) {
        entry.set(kind, 1, time);
        traffic.take(entry);
        return this;
    }

    Watched after(long micros) {
        time += micros;
        traffic.at(time);
        return this;
    }

    Watched over() {
        traffic.over();
        return this;
    }

    long unseen() {
        return traffic.unseen();
    }

    /// All faults and notes, in the order in which they were shown.
    List<Fault> faults() {
        return findings.stream().map(Finding::fault).toList();
    }

    private final class Noting implements View {
        private final View text;

        Noting(View text) {
            this.text = text;
        }

        @Override
        public void exchange(Exchange exchange) {
            exchanges.add(exchange);
            findings.addAll(exchange.findings());
            text.exchange(exchange);
        }

        @Override
        public void finding(int connection, int id, long time, Finding finding) {
            findings.add(finding);
            text.finding(connection, id, time, finding);
        }

        @Override
        public void record(int connection, SeenRecord record) {
            text.record(connection, record);
        }
    }
}
