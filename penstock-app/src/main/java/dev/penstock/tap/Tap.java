package dev.penstock.tap;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A tap between web servers and an application: passes everything on, shows it, records it.
///
/// The pump has a thread of its own. Whoever calls [#run] analyses, shows and records; when that is too slow for what
/// passes, requests are left out and counted, and the traffic goes on.
public final class Tap {
    /// While there is traffic, copies are looked for so often: to be woken for each would cost more than the pumping.
    private static final long SHORT_NANOS = 5_000_000;
    private static final long LONG_NANOS = 500_000_000;
    /// So many short pauses without a copy, and the next is long.
    private static final int PATIENCE = 50;

    /// Entries between two looks at whether it is time to end.
    private static final int BATCH = 1000;

    private final EntryQueue queue;
    private final Copies copies;
    private final Pump pump;
    private final Screen screen;
    private final NameRules rules;
    private final @Nullable Recording recording;
    private final Traffic traffic;
    private final long startMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());

    private volatile boolean isStopping;
    private volatile @Nullable Throwable failure;
    private @Nullable RuntimeException mistake;
    private String endOfRecording = "";

    /// A tap that has not begun.
    ///
    /// @param listening bound; the tap closes it
    /// @param application where the application listens
    /// @param keepsSecrets nothing is masked, on the screen and in the recording
    /// @param recording what gets all that passes, or null; the tap ends it, but does not close it
    public Tap(
            ServerSocketChannel listening,
            SocketAddress application,
            Screen screen,
            boolean keepsSecrets,
            Bounds bounds,
            @Nullable Recording recording)
            throws IOException {
        this.queue = new EntryQueue(bounds.queue());
        this.copies = new Copies(queue);
        this.pump = new Pump(listening, application, bounds.maxConnections(), copies);
        this.screen = screen;
        this.rules = new NameRules(keepsSecrets);
        this.recording = recording;
        this.traffic = new Traffic(screen.following(rules, bounds));
    }

    /// Taps until [#stop], or until as many requests were shown as the screen wants.
    ///
    /// @throws IOException when the pump failed
    public void run() throws IOException {
        screen.begin(startMicros);
        if (recording != null) {
            recording.begin(!rules.keepsSecrets(), startMicros);
        }
        Thread pumping = Thread.ofPlatform().name("pump").daemon().start(this::pump);
        try {
            analyse();
        } finally {
            pump.stop();
            join(pumping);
        }
        while (!screen.isComplete() && drain()) {
            // What passed until the end is shown.
        }
        end();
        if (failure != null) {
            throw new IOException("the tap failed: " + failure, failure);
        }
    }

    /// Ends [#run], from any thread; connections that are open are closed.
    public void stop() {
        isStopping = true;
        copies.wake();
    }

    private void pump() {
        try {
            pump.run();
        } catch (RuntimeException | Error e) {
            failure = e;
        } finally {
            stop();
        }
    }

    private void analyse() {
        int empty = 0;
        while (!isStopping) {
            if (drain()) {
                empty = 0;
            } else {
                empty++;
            }
            if (screen.isComplete() || screen.isUnread()) {
                return;
            }
            if (empty < PATIENCE) {
                LockSupport.parkNanos(SHORT_NANOS);
            } else {
                copies.await(LONG_NANOS);
            }
        }
    }

    /// Shows and records what has come; whether there was anything.
    private boolean drain() {
        Entry entry = new Entry();
        boolean wasThere = false;
        for (int taken = 0; taken < BATCH && !screen.isComplete() && queue.take(entry); taken++) {
            wasThere = true;
            show(entry);
        }
        if (!wasThere && queue.isEmpty()) {
            traffic.at(copies.micros());
        } else if (recording != null) {
            recording.flush();
        }
        screen.flush();
        return wasThere;
    }

    private void show(Entry entry) {
        try {
            traffic.take(entry);
            if (recording != null) {
                recording.write(entry);
            }
        } catch (RuntimeException e) {
            // A mistake of ours: no reason to cut anybody's connection. What was not masked is not recorded.
            mistake = e;
        }
    }

    private void end() {
        traffic.over();
        screen.flush();
        if (recording != null) {
            recording.end(copies.micros(), "the tap was stopped");
            endOfRecording = recording.ended();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What there is to say at the end, in words.
    public String summary() {
        StringBuilder text = new StringBuilder(screen.summary());
        if (traffic.unseen() > 0 || copies.lostBytes() > 0) {
            text.append("; about ").append(traffic.unseen()).append(" more passed without being shown (");
            text.append(Words.bytes(copies.lostBytes())).append(" did not fit into the queue, see --queue)");
        }
        if (mistake != null) {
            text.append("; a mistake in the tap left something out: ").append(mistake);
        }
        if (!endOfRecording.isEmpty()) {
            text.append("; ").append(endOfRecording);
        }
        return text.toString();
    }
}
