package dev.penstock.tap;

import java.io.PrintWriter;

/// What people or programs get to see: requests that pass the filter, as many as were asked for, and the sum. For one
/// thread.
public final class Screen {
    private final PrintWriter out;
    private final Look look;
    private final Filter filter;
    private final long most;
    private View view;
    private long shown;
    private long requests;
    private long faulty;

    /// A screen that nothing was shown on.
    ///
    /// @param out flushed when there is nothing more to show for the moment
    /// @param most how many requests are shown; 0 for all
    public Screen(PrintWriter out, Look look, Filter filter, long most) {
        this.out = out;
        this.look = look;
        this.filter = filter;
        this.most = most;
        this.view = new TextView(out, look, 0);
    }

    /// Begins to show.
    ///
    /// @param startMicros what times count from, microseconds since 1970
    void begin(long startMicros) {
        view = look.isJson() ? new JsonView(out, look, startMicros) : new TextView(out, look, startMicros);
    }

    /// What conversations need that are to be shown here.
    Following following(NameRules rules, Bounds bounds) {
        return new Following(
                rules, bounds, new Budget(bounds.memory()), new Chosen(), look.isFull(), look.hasRecords());
    }

    /// Whether as many requests were shown as were asked for.
    boolean isComplete() {
        return most > 0 && shown >= most;
    }

    /// Whether the reader has gone: a closed pipe.
    boolean isUnread() {
        return out.checkError();
    }

    void flush() {
        out.flush();
    }

    /// How many requests there were, in words.
    public String summary() {
        return requests + (requests == 1 ? " request, " : " requests, ") + faulty + " with faults";
    }

    private final class Chosen implements View {
        @Override
        public void exchange(Exchange exchange) {
            if (isComplete()) {
                return;
            }
            requests++;
            faulty += exchange.hasFault() ? 1 : 0;
            if (filter.shows(exchange)) {
                shown++;
                view.exchange(exchange);
            }
        }

        @Override
        public void finding(int connection, int id, long time, Finding finding) {
            if (!isComplete()) {
                view.finding(connection, id, time, finding);
            }
        }

        @Override
        public void record(int connection, SeenRecord record) {
            if (!isComplete()) {
                view.record(connection, record);
            }
        }
    }
}
