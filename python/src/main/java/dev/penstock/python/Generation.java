package dev.penstock.python;

import dev.penstock.server.EventLog;
import dev.penstock.server.Faults;
import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/// One loaded version of an application: its zygote, its workers and the requests that they have.
///
/// ```
/// LOADING --loaded, first worker forked--> SERVING --retire--> RETIRING --last request and worker--> GONE
///    `-----failed, timed out, died-------> GONE
/// ```
///
/// Life and death happen under the generation's lock; a request on its way takes no lock here.
/// Invariant: a request that was submitted is in [#inFlight] until its response is complete, torn or
/// handed back to the owner, and leaves it exactly once.
final class Generation implements Zygote.Events {
    /// What a generation tells its application. Never called under the generation's lock.
    interface Owner {
        void ready(Generation generation);

        void failed(Generation generation, PythonSettings.Failure failure);

        /// A signal has ended the zygote while it loaded: no fault of the application's.
        void killed(Generation generation, PythonSettings.Failure failure);

        /// The zygote of a serving generation has gone: its workers go on, but no more can be forked.
        void orphaned(Generation generation);

        /// Everything has ended.
        void gone(Generation generation);

        /// Where the application's files lie, told while it loads.
        void sources(List<String> folders);

        /// A request that no worker of this generation will answer, but another may.
        void again(Request request, Response response, boolean retried);
    }

    enum State {
        LOADING,
        SERVING,
        RETIRING,
        GONE
    }

    /// A worker that dies before this age without having served makes the next fork wait.
    private static final long INFANT_MS = 1000;

    private static final long FIRST_BACK_OFF_MS = 100;
    private static final long LAST_WORDS_MS = 1000;
    private static final int MAX_BACK_OFF_DOUBLINGS = 7;

    private final PythonSettings settings;
    private final int number;
    private final String token;
    private final Owner owner;
    private final EventLog log;
    private final RequestQueue queue;
    private final Slots slots;
    private final LostRequests lost;
    private final ClientsGone clientsGone;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, InFlight> inFlight = new ConcurrentHashMap<>();
    private final Map<Integer, Worker> workers = new TreeMap<>();
    private final LongAdder requests = new LongAdder();
    private final List<CompletableFuture<List<String>>> askers = new ArrayList<>();
    private final Zygote zygote;
    private volatile State state = State.LOADING;
    private Map<String, String> facts = Map.of();
    private int infantDeaths;

    /// @param zygote started already: while this is made, Python imports
    Generation(PythonSettings settings, int number, String token, Zygote zygote, Owner owner, EventLog log)
            throws IOException {
        this.settings = settings;
        this.number = number;
        this.token = token;
        this.zygote = zygote;
        this.owner = owner;
        this.log = log;
        this.queue = new RequestQueue(settings.workers() * settings.threads(), settings.temporary());
        this.slots = new Slots(settings.temporary(), settings.workers() * settings.threads());
        this.lost = new LostRequests(owner, log, settings.name());
        this.clientsGone = new ClientsGone(settings, queue, slots, inFlight, this::workerOfSlot, this::takenBack, log);
    }

    int number() {
        return number;
    }

    String token() {
        return token;
    }

    State state() {
        return state;
    }

    /// Begins to follow the zygote and bounds the time that it may take.
    void follow() {
        zygote.follow(this);
        long timeout = settings.startupTimeout().toMillis();
        CompletableFuture.delayedExecutor(timeout, TimeUnit.MILLISECONDS).execute(() -> {
            if (state == State.LOADING) {
                fail(new PythonSettings.Failure(
                        "the application did not load within "
                                + settings.startupTimeout().toSeconds() + " s (startup_timeout)",
                        "",
                        "raise startup_timeout, or find what waits at import"));
            }
        });
    }

    /// The zygote has connected; serves that connection until it ends.
    void serve(AFUNIXSocketChannel connection) {
        zygote.serve(connection, this);
    }

    long zygotePid() {
        return zygote.pid();
    }

    // ---- The zygote's events

    @Override
    public void loaded(Map<String, String> loadedFacts) {
        synchronized (this) {
            facts = loadedFacts;
            try {
                zygote.equip(queue.receivingEnd(), slots.descriptor());
                for (int worker = 1; worker <= settings.workers(); worker++) {
                    fork(worker);
                }
            } catch (IOException e) {
                log.error(settings.name(), "cannot fork: " + Faults.describe(e));
            }
        }
    }

    private void fork(int worker) throws IOException {
        boolean alone = settings.workers() == 1;
        zygote.fork(worker, (worker - 1) * settings.threads(), settings.threads(), alone);
    }

    @Override
    public void failed(PythonSettings.Failure failure) {
        fail(failure);
    }

    private void fail(PythonSettings.Failure failure) {
        if (endLoading()) {
            owner.failed(this, failure);
        }
    }

    /// Gives a load up; false when it is over already.
    private boolean endLoading() {
        synchronized (this) {
            if (state != State.LOADING) {
                return false;
            }
            state = State.GONE;
        }
        kill();
        close();
        return true;
    }

    @Override
    public void forked(int workerNumber, long pid, List<FileDescriptor> streams) throws IOException {
        boolean first;
        synchronized (this) {
            if (streams.size() != settings.threads()) {
                throw new IOException("worker " + workerNumber + " came with " + streams.size() + " streams, expected "
                        + settings.threads());
            }
            int slot = (workerNumber - 1) * settings.threads();
            Worker worker = new Worker(workerNumber, pid, settings.name(), log);
            workers.put(workerNumber, worker);
            for (FileDescriptor descriptor : streams) {
                slots.clear(slot);
                worker.add(new WorkerStream(detach(descriptor), worker, slot++, this));
            }
            for (WorkerStream stream : worker.streams()) {
                Thread thread = new Thread(stream, settings.name() + "-worker-" + workerNumber);
                thread.setDaemon(true);
                thread.start();
            }
            first = state == State.LOADING;
            if (first) {
                state = State.SERVING;
            } else if (state == State.RETIRING) {
                worker.streams().forEach(stream -> stream.retire(true));
            }
        }
        if (first) {
            owner.ready(this);
        }
    }

    /// junixsocket closes what it received together with the connection that it came by: so a copy is used.
    private static AFUNIXSocketChannel detach(FileDescriptor received) throws IOException {
        AFUNIXSocketChannel channel = FileDescriptorCast.duplicating(received).as(AFUNIXSocketChannel.class);
        new FileInputStream(received).close();
        return channel;
    }

    @Override
    public void exited(int worker, long pid, String status) {
        if (!status.equals("exit 0")) {
            log.warning(settings.name(), "worker " + worker + " (pid " + pid + ") ended: " + status);
        }
    }

    @Override
    public synchronized void changed(List<String> files) {
        askers.forEach(asker -> asker.complete(files));
        askers.clear();
    }

    @Override
    public void sources(List<String> folders) {
        owner.sources(folders);
    }

    /// The imported files that have changed since they were loaded.
    synchronized CompletableFuture<List<String>> askChanged() {
        CompletableFuture<List<String>> answer = new CompletableFuture<>();
        try {
            zygote.askChanged();
            askers.add(answer);
        } catch (IOException e) {
            answer.complete(List.of());
        }
        return answer;
    }

    @Override
    public void gone(int exitStatus) {
        boolean orphaned;
        synchronized (this) {
            orphaned = state == State.SERVING;
            askers.forEach(asker -> asker.complete(List.of()));
            askers.clear();
        }
        // What it said before it went may still be on its way to us, and says more.
        CompletableFuture.delayedExecutor(LAST_WORDS_MS, TimeUnit.MILLISECONDS).execute(() -> loadingEnded(exitStatus));
        if (orphaned) {
            log.warning(settings.name(), "the zygote has gone (" + Exits.describe(exitStatus) + "): loading anew");
            owner.orphaned(this);
        }
        endIfDone();
    }

    private void loadingEnded(int exitStatus) {
        PythonSettings.Failure failure = new PythonSettings.Failure(
                "the interpreter ended with " + Exits.describe(exitStatus) + " while it loaded the application",
                "",
                "see the lines above in the log");
        if (!Exits.isSignal(exitStatus)) {
            fail(failure);
        } else if (endLoading()) {
            owner.killed(this, failure);
        }
    }

    // ---- Requests

    /// Gives a request to the workers. False when this generation no longer takes any.
    boolean submit(Request request, Response response, boolean retried) {
        if (state != State.SERVING) {
            return false;
        }
        InFlight entry = new InFlight(ids.incrementAndGet(), request, response, retried);
        inFlight.put(entry.id(), entry);
        // Retiring looks at the requests after it has changed the state: one of the two sees the other.
        if (state != State.SERVING && inFlight.remove(entry.id()) != null) {
            return false;
        }
        requests.increment();
        try {
            queue.submit(entry);
        } catch (IOException e) {
            inFlight.remove(entry.id());
            lost.refuse(entry, "the workers' queue does not take it: " + e.getMessage());
        }
        response.whenCancelled(() -> clientsGone.handle(entry));
        return true;
    }

    private void takenBack(InFlight request) {
        inFlight.remove(request.id());
        request.request().body().close();
        request.response().end();
        retireIfDone();
    }

    private synchronized @Nullable Worker workerOfSlot(int slot) {
        return workers.get(slot / settings.threads() + 1);
    }

    Slots slots() {
        return slots;
    }

    ClientsGone clientsGone() {
        return clientsGone;
    }

    /// Whose request a stream's text for the log belongs to, where the web server is to have it.
    @Nullable InFlight textGoesTo(WorkerStream stream) {
        return settings.stderrToServer() ? inFlight.get(slots.request(stream.slot())) : null;
    }

    @Nullable InFlight inFlight(long id) {
        return inFlight.get(id);
    }

    /// A response is complete or was torn.
    void ended(InFlight request, Worker worker) {
        worker.servedOne();
        request.request().body().close();
        finished(request);
    }

    private void finished(InFlight request) {
        if (inFlight.remove(request.id()) == null) {
            return;
        }
        try {
            queue.done();
        } catch (IOException e) {
            log.error(settings.name(), "the workers' queue is broken: " + e.getMessage());
        }
        retireIfDone();
    }

    private void retireIfDone() {
        if (state == State.RETIRING && inFlight.isEmpty()) {
            retireProcesses();
        }
    }

    /// A worker thread's stream has ended: its process has gone, or is about to.
    void streamEnded(WorkerStream stream, String reason) {
        InFlight interrupted = stream.interrupted();
        if (interrupted == null) {
            InFlight taken = inFlight.get(slots.request(stream.slot()));
            interrupted = taken != null && taken.claim(stream) ? taken : null;
        }
        if (interrupted != null && inFlight.containsKey(interrupted.id())) {
            finished(interrupted);
            lost.handle(interrupted, stream.worker(), reason);
        }
        synchronized (this) {
            if (stream.worker().streamEnded()) {
                workerGone(stream.worker());
            }
        }
        endIfDone();
    }

    private void workerGone(Worker worker) {
        workers.remove(worker.number(), worker);
        if (state != State.SERVING) {
            return;
        }
        boolean infant = worker.ageMillis() < INFANT_MS && worker.served() == 0;
        infantDeaths = infant ? infantDeaths + 1 : 0;
        long wait = infant ? FIRST_BACK_OFF_MS << Math.min(infantDeaths - 1, MAX_BACK_OFF_DOUBLINGS) : 0;
        if (infant) {
            log.warning(worker.name(), "died young " + infantDeaths + " times; the next one starts in " + wait + " ms");
        }
        CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS).execute(() -> replace(worker.number()));
    }

    private synchronized void replace(int worker) {
        try {
            if (state == State.SERVING) {
                fork(worker);
            }
        } catch (IOException e) {
            log.warning(settings.name(), "worker " + worker + " is not replaced: " + e.getMessage());
        }
    }

    // ---- The end

    /// Takes no more requests; what has been let in is answered, then everything ends.
    void retire() {
        synchronized (this) {
            if (state != State.SERVING) {
                return;
            }
            state = State.RETIRING;
        }
        handBack();
        retireIfDone();
        CompletableFuture.delayedExecutor(settings.shutdownTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::kill);
    }

    /// What no worker has seen yet is for the next generation.
    private void handBack() {
        try {
            for (long id : queue.takeBack()) {
                InFlight unseen = inFlight.remove(id);
                if (unseen != null) {
                    owner.again(unseen.request(), unseen.response(), unseen.retried());
                }
            }
        } catch (IOException e) {
            log.error(settings.name(), "the workers' queue is broken: " + e.getMessage());
        }
    }

    private synchronized void retireProcesses() {
        workers.values().forEach(worker -> worker.streams().forEach(stream -> stream.retire(true)));
        zygote.retire();
    }

    private void endIfDone() {
        synchronized (this) {
            if (state != State.RETIRING || !workers.isEmpty() || zygote.isAlive()) {
                return;
            }
            state = State.GONE;
        }
        inFlight.values().forEach(left -> lost.refuse(left, "its generation has ended"));
        close();
        owner.gone(this);
    }

    /// Ends every process at once.
    synchronized void kill() {
        zygote.kill();
        workers.values().forEach(Worker::kill);
    }

    private void close() {
        try {
            queue.close();
        } catch (IOException e) {
            log.warning(settings.name(), "closing a generation's queue: " + e.getMessage());
        }
        slots.close();
    }

    // ---- Status

    synchronized PythonSettings.Status status(String applicationState, PythonSettings.@Nullable Failure failure) {
        List<PythonSettings.WorkerStatus> each = workers.values().stream()
                .map(worker -> new PythonSettings.WorkerStatus(
                        worker.number(), worker.pid(), worker.served(), worker.ageMillis()))
                .toList();
        String loaded = facts.getOrDefault("application", "") + ", Python " + facts.getOrDefault("python", "?");
        return new PythonSettings.Status(
                settings.name(),
                applicationState,
                number,
                zygotePid(),
                loaded,
                requests.sum(),
                inFlight.size(),
                queue.waiting(),
                each,
                failure);
    }
}
