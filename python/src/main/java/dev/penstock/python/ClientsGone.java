package dev.penstock.python;

import dev.penstock.server.EventLog;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// What becomes of a request whose client has gone.
///
/// | the request is | what happens |
/// |---|---|
/// | in the queue, no worker has seen it | it is taken back and ended |
/// | in a worker's hands | the worker is told by its slot, and stops at the response's next chunk |
/// | there still after `abort_timeout` | the worker is replaced; its other threads finish first |
final class ClientsGone {
    /// How often it is looked whether a worker's other threads have finished.
    private static final long LOOK_MS = 1000;

    private final Duration abortTimeout;
    private final RequestQueue queue;
    private final Slots slots;
    private final Map<Long, InFlight> inFlight;
    private final IntFunction<@Nullable Worker> workerOfSlot;
    private final Consumer<InFlight> takenBack;
    private final EventLog log;
    private final String application;

    /// @param workerOfSlot the worker that has this slot now
    /// @param takenBack told of a request that no worker will ever see, after it was taken out of the queue
    ClientsGone(
            PythonSettings settings,
            RequestQueue queue,
            Slots slots,
            Map<Long, InFlight> inFlight,
            IntFunction<@Nullable Worker> workerOfSlot,
            Consumer<InFlight> takenBack,
            EventLog log) {
        this.abortTimeout = settings.abortTimeout();
        this.queue = queue;
        this.slots = slots;
        this.inFlight = inFlight;
        this.workerOfSlot = workerOfSlot;
        this.takenBack = takenBack;
        this.log = log;
        this.application = settings.name();
    }

    /// Nobody waits for this answer any more. Any thread; does not wait.
    void handle(InFlight request) {
        if (!inFlight.containsKey(request.id())) {
            return;
        }
        if (!tell(request) && leavesQueue(request)) {
            takenBack.accept(request);
        } else if (!abortTimeout.isZero()) {
            later(abortTimeout.toMillis(), () -> letGo(request, true));
        }
    }

    /// Tells the worker thread that has the request. False when none has it yet.
    boolean tell(InFlight request) {
        int slot = slots.find(request.id());
        if (slot >= 0) {
            slots.clientGone(slot, request.id());
        }
        return slot >= 0;
    }

    private boolean leavesQueue(InFlight request) {
        try {
            return queue.takeBack(request, inFlight::get);
        } catch (IOException e) {
            log.error(application, "the workers' queue is broken: " + e.getMessage());
            return false;
        }
    }

    private static void later(long millis, Runnable action) {
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
    }

    private void letGo(InFlight request, boolean first) {
        if (!inFlight.containsKey(request.id())) {
            return;
        }
        int slot = slots.find(request.id());
        Worker worker = slot < 0 ? null : workerOfSlot.apply(slot);
        if (worker == null || othersAreBusy(worker, slot, first)) {
            later(LOOK_MS, () -> letGo(request, first && worker == null));
            return;
        }
        log.warning(
                worker.name(),
                "pid " + worker.pid() + " is replaced: it has been busy for " + request.ageMillis() + " ms with "
                        + request.request().summary() + ", whose client has gone (abort_timeout)");
        worker.kill();
    }

    /// Whether other threads of this worker have requests; at the first time they are asked to take no more.
    private boolean othersAreBusy(Worker worker, int slot, boolean first) {
        boolean busy = false;
        for (WorkerStream stream : worker.streams()) {
            if (stream.slot() != slot) {
                if (first) {
                    stream.retire(false);
                }
                busy |= inFlight.containsKey(slots.request(stream.slot()));
            }
        }
        return busy;
    }
}
