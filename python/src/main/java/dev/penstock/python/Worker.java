package dev.penstock.python;

import dev.penstock.server.EventLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/// The server's side of one worker process: not the worker's own code, which is Python.
///
/// Its streams are set once, before any of their threads starts.
final class Worker {
    private final int number;
    private final long pid;
    private final EventLog log;
    private final String name;
    private final List<WorkerStream> streams = new ArrayList<>();
    private final LongAdder served = new LongAdder();
    private final long startNanos = System.nanoTime();
    private int openStreams;

    Worker(int number, long pid, String application, EventLog log) {
        this.number = number;
        this.pid = pid;
        this.log = log;
        this.name = application + " worker " + number;
    }

    int number() {
        return number;
    }

    long pid() {
        return pid;
    }

    String name() {
        return name;
    }

    void add(WorkerStream stream) {
        streams.add(stream);
        openStreams++;
    }

    List<WorkerStream> streams() {
        return streams;
    }

    /// One stream has ended; true when it was the last. Called under the generation's lock.
    boolean streamEnded() {
        openStreams--;
        return openStreams == 0;
    }

    void servedOne() {
        served.increment();
    }

    long served() {
        return served.sum();
    }

    long ageMillis() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }

    /// Text that the application wrote to `wsgi.errors`, or a traceback.
    void errors(String text) {
        boolean isTraceback = text.contains("Traceback (most recent call last)");
        log.event(isTraceback ? EventLog.Level.ERROR : EventLog.Level.WARNING, name, text.stripTrailing());
    }

    /// The worker broke the wire's rules: it is not to be believed any more.
    void distrusted(String reason) {
        log.error(name, "pid " + pid + " is killed: " + reason);
        kill();
    }

    void kill() {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
}
