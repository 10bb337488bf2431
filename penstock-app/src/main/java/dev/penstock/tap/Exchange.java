package dev.penstock.tap;

import dev.penstock.fastcgi.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request and its answer, as far as they have passed. Belongs to its [Conversation] and that one's thread.
///
/// Times are microseconds since the tap began to listen.
final class Exchange {
    /// What one costs without its samples, with the values that its scanners keep.
    static final int BYTES = 8 * 1024;

    private static final int MAX_RECORDS = 200;
    private static final int RECORD_BYTES = 64;

    final int connection;
    final int id;
    final int role;
    final boolean keepsConnection;
    final long began;
    final PairScanner variables;
    final HeadScanner head;
    final @Nullable Samples samples;

    boolean areVariablesComplete;
    boolean isInputComplete;
    boolean isDataComplete;
    boolean isAborted;
    boolean isOutputComplete;
    long variableBytes;
    long inputBytes;
    long dataBytes;
    long outputBytes;
    long bodyBytes;
    long errorBytes;
    /// When STDOUT's first byte came, or -1.
    long firstByte = -1;

    long ended;
    /// How it ended, in a few words.
    String outcome = "unfinished";

    private final Budget budget;
    private final Map<Fault, Finding> findings = new LinkedHashMap<>();
    private final List<SeenRecord> records = new ArrayList<>(0);
    private int recordsLeftOut;

    /// The bytes that only the full view shows.
    static final class Samples {
        final Sample variables;
        final Sample input;
        final Sample head;
        final Sample body;
        final Sample errors;

        Samples(Bounds bounds, Budget budget) {
            variables = new Sample(bounds.maxVariableBytes(), budget);
            input = new Sample(bounds.maxShown(), budget);
            head = new Sample(HeadScanner.MAX_HEAD, budget);
            body = new Sample(bounds.maxShown(), budget);
            errors = new Sample(bounds.maxShown(), budget);
        }

        private void release() {
            variables.release();
            input.release();
            head.release();
            body.release();
            errors.release();
        }
    }

    /// A request that has just begun.
    ///
    /// @param begin the content of BEGIN_REQUEST, at least three bytes of it
    Exchange(int connection, int id, byte[] begin, long began, Following following) {
        this.connection = connection;
        this.id = id;
        this.role = RecordSplitter.unsigned16(begin, 0);
        this.keepsConnection = (begin[2] & 1) != 0;
        this.began = began;
        this.budget = following.budget();
        this.variables = new PairScanner(following.rules());
        this.head = new HeadScanner(following.rules());
        this.samples = following.keepsSamples() ? new Samples(following.bounds(), budget) : null;
    }

    void find(Fault fault, Side side, String detail) {
        findings.putIfAbsent(fault, new Finding(fault, side, detail));
    }

    /// Each fault once, in the order of their first appearance.
    Collection<Finding> findings() {
        return findings.values();
    }

    boolean hasFault() {
        return findings.keySet().stream().anyMatch(Fault::isFault);
    }

    void add(SeenRecord record) {
        if (records.size() < MAX_RECORDS && budget.take(RECORD_BYTES)) {
            records.add(record);
        } else {
            recordsLeftOut++;
        }
    }

    List<SeenRecord> records() {
        return records;
    }

    int recordsLeftOut() {
        return recordsLeftOut;
    }

    /// Gives back what it took; to be called once, when all views have had it.
    void release() {
        budget.give(BYTES + (long) records.size() * RECORD_BYTES);
        if (samples != null) {
            samples.release();
        }
    }

    String method() {
        return variables.kept("REQUEST_METHOD");
    }

    /// REQUEST_URI, or what a server that does not send it means.
    String uri() {
        String uri = variables.kept("REQUEST_URI");
        if (!uri.isEmpty()) {
            return uri;
        }
        String query = variables.kept("QUERY_STRING");
        return variables.kept("SCRIPT_NAME") + variables.kept("PATH_INFO") + (query.isEmpty() ? "" : "?" + query);
    }

    /// CONTENT_LENGTH, or -1 where there is none that is a number.
    long contentLength() {
        String text = variables.kept("CONTENT_LENGTH");
        boolean isNumber =
                !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? Long.parseLong(text) : -1;
    }

    boolean isFor(Role wanted) {
        return Role.of(role) == wanted;
    }
}
