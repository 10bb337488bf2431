package dev.penstock.tap;

import dev.penstock.fastcgi.Role;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One connection and what is said on it, in both directions. For one thread.
///
/// A request is followed from its BEGIN_REQUEST to its END_REQUEST, or to the end of the connection; then it is shown
/// and forgotten but for its id. After a gap – bytes that passed without being seen – records of requests that are not
/// known say nothing about anybody.
final class Conversation {
    /// Requests of one connection that are followed at once.
    private static final int MAX_ACTIVE = 1024;
    /// How long an application may take to close where KEEP_CONN is 0.
    private static final long CLOSE_MICROS = 2_000_000;

    private final int number;
    private final Following following;
    private final ServerSide server;
    private final ApplicationSide application;
    private final RecordSplitter fromServer;
    private final RecordSplitter fromApplication;
    private final Map<Integer, Exchange> active = new HashMap<>();
    private final BitSet ended = new BitSet();
    /// Ids that were answered before their input was complete.
    private final BitSet answeredEarly = new BitSet();
    /// What was found beside requests: each fault once.
    private final Set<Fault> told = EnumSet.noneOf(Fault.class);

    private long time;
    private long closeDue = Long.MAX_VALUE;
    private long lastKept = Long.MIN_VALUE / 2;
    private boolean isAfterGap;
    private boolean isServerGone;
    private boolean isApplicationGone;
    private boolean isWaitingForValues;
    private long unseen;
    /// A BEGIN_REQUEST's header comes before its request is known.
    private @Nullable SeenRecord lastBegin;

    Conversation(int number, Following following) {
        this.number = number;
        this.following = following;
        this.server = new ServerSide(this);
        this.application = new ApplicationSide(this);
        this.fromServer = new RecordSplitter(server);
        this.fromApplication = new RecordSplitter(application);
    }

    Following following() {
        return following;
    }

    long time() {
        return time;
    }

    /// When something is to be looked at even if nothing comes; `Long.MAX_VALUE` for never.
    long closeDue() {
        return closeDue;
    }

    /// Requests that were not followed, because of a gap or for want of memory.
    long unseen() {
        return unseen;
    }

    /// Time goes on.
    void at(long micros) {
        time = micros;
        if (micros >= closeDue) {
            closeDue = Long.MAX_VALUE;
            if (!isApplicationGone && !isServerGone) {
                find(Fault.NOT_CLOSED, Side.APPLICATION, "still open after 2 s");
            }
        }
    }

    /// Bytes have passed; secrets in them are masked where they stand.
    void passed(Side from, byte[] bytes, int at, int length) {
        (from == Side.SERVER ? fromServer : fromApplication).feed(bytes, at, length);
    }

    /// Bytes have passed that nobody has seen, up to the end of a record.
    void gap(Side from) {
        (from == Side.SERVER ? fromServer : fromApplication).skipToBoundary();
        isAfterGap = true;
        unseen += Math.max(1, active.size());
        active.values().forEach(Exchange::release);
        active.clear();
        ended.clear();
    }

    /// A side has closed its direction, or the whole connection.
    void closedBy(Side side) {
        reader(side).tellUnframed();
        boolean isWhole = (side == Side.SERVER ? fromServer : fromApplication).isAtBoundary();
        if (!isWhole && !told.contains(Fault.BAD_VERSION)) {
            find(Fault.CUT_RECORD, side, "");
        }
        if (side == Side.SERVER) {
            isServerGone = true;
            closeDue = Long.MAX_VALUE;
            return;
        }
        isApplicationGone = true;
        if (time - lastKept < CLOSE_MICROS / 2 && active.isEmpty() && !isServerGone) {
            find(Fault.CLOSED_DESPITE_KEEP, side, "");
        }
        applicationLeft();
    }

    /// A side has cut the connection.
    void resetBy(Side side) {
        if (side == Side.APPLICATION) {
            leftInput();
            isApplicationGone = true;
            applicationLeft();
        } else {
            isServerGone = true;
        }
    }

    /// A side takes no more bytes.
    void deaf(Side side) {
        if (side == Side.APPLICATION) {
            leftInput();
        } else {
            isServerGone = true;
        }
    }

    private SideReader reader(Side side) {
        return side == Side.SERVER ? server : application;
    }

    private void leftInput() {
        if (isServerGone || isApplicationGone) {
            return;
        }
        if (active.isEmpty()) {
            find(Fault.CLOSED_WITH_INPUT, Side.APPLICATION, "");
        }
        active.values().forEach(exchange -> exchange.find(Fault.CLOSED_WITH_INPUT, Side.APPLICATION, ""));
    }

    private void applicationLeft() {
        for (Exchange exchange : List.copyOf(active.values())) {
            if (!isServerGone) {
                exchange.find(Fault.CLOSED_WITHOUT_END, Side.APPLICATION, "");
                exchange.head.faults().forEach(fault -> exchange.find(fault, Side.APPLICATION, ""));
            }
            end(exchange, isServerGone ? "web server closed" : "application closed");
        }
        closeDue = Long.MAX_VALUE;
    }

    /// The application cannot be reached.
    void unreachable(String reason) {
        find(Fault.NOBODY_LISTENS, Side.APPLICATION, reason);
    }

    /// Nothing more will pass: the connection is over, or the tap is.
    void over() {
        server.tellUnframed();
        application.tellUnframed();
        for (Exchange exchange : List.copyOf(active.values())) {
            end(exchange, isServerGone ? "web server closed" : "unfinished");
        }
        if (isWaitingForValues && isServerGone) {
            find(Fault.VALUES_NOT_ANSWERED, Side.APPLICATION, "");
        }
    }

    // What the two sides tell.

    @Nullable Exchange active(int id) {
        return active.get(id);
    }

    /// Whether BEGIN_REQUEST must not come for this id. After a gap its END_REQUEST may have passed unseen.
    boolean isInUse(int id) {
        return !isAfterGap && active.containsKey(id);
    }

    /// Begins to follow a request.
    ///
    /// @param begin BEGIN_REQUEST's content
    /// @return null when there is no room for it
    @Nullable Exchange begin(int id, byte[] begin) {
        if (answeredEarly.get(id)) {
            answeredEarly.clear(id);
            find(id, Fault.STDIN_NOT_ENDED, Side.SERVER, "");
        }
        closeDue = Long.MAX_VALUE;
        Exchange unended = active.remove(id);
        if (unended != null) {
            unended.release();
            unseen++;
        }
        if (active.size() >= MAX_ACTIVE || !following.budget().take(Exchange.BYTES)) {
            isAfterGap = true;
            unseen++;
            return null;
        }
        ended.clear(id);
        Exchange exchange = new Exchange(number, id, begin, time, following);
        active.put(id, exchange);
        if (lastBegin != null) {
            exchange.add(lastBegin);
        }
        return exchange;
    }

    void end(Exchange exchange, String outcome) {
        active.remove(exchange.id);
        ended.set(exchange.id);
        if (!exchange.isInputComplete && !exchange.isFor(Role.AUTHORIZER) && !exchange.isAborted) {
            answeredEarly.set(exchange.id);
        }
        if (exchange.keepsConnection) {
            lastKept = time;
        } else if (!isApplicationGone && !isServerGone) {
            closeDue = time + CLOSE_MICROS;
        }
        exchange.ended = time;
        exchange.outcome = outcome;
        following.view().exchange(exchange);
        exchange.release();
    }

    void inputForNobody(int id, int type, int length) {
        boolean isStdin = type == SideReader.STDIN;
        if (isStdin && length == 0 && answeredEarly.get(id)) {
            answeredEarly.clear(id);
        } else if (ended.get(id)) {
            if (isStdin && !answeredEarly.get(id)) {
                find(id, length == 0 ? Fault.STDIN_ENDS_TWICE : Fault.STDIN_AFTER_END, Side.SERVER, length + " bytes");
            }
        } else if (!isAfterGap) {
            find(id, Fault.UNKNOWN_ID, Side.SERVER, "id " + id);
        }
    }

    void answerToNobody(int id, String record) {
        if (ended.get(id)) {
            find(id, Fault.RECORD_AFTER_END, Side.APPLICATION, record);
        } else if (!isAfterGap) {
            find(id, Fault.ANSWER_TO_NOBODY, Side.APPLICATION, record);
        }
    }

    void valuesAsked() {
        isWaitingForValues = true;
    }

    void valuesAnswered() {
        isWaitingForValues = false;
    }

    void see(SeenRecord record) {
        Exchange exchange = active.get(record.id());
        if (exchange != null) {
            exchange.add(record);
        } else if (record.type() == SideReader.BEGIN_REQUEST) {
            lastBegin = record;
        } else {
            following.view().record(number, record);
        }
    }

    void find(Fault fault, Side side, String detail) {
        find(-1, fault, side, detail);
    }

    /// Notes a fault with the request that it belongs to, else by itself.
    void find(int id, Fault fault, Side side, String detail) {
        Exchange exchange = active.get(id);
        if (exchange != null) {
            exchange.find(fault, side, detail);
        } else if (told.add(fault)) {
            following.view().finding(number, id, time, new Finding(fault, side, detail));
        }
    }
}
