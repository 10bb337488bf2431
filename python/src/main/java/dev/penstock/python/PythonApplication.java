package dev.penstock.python;

import dev.penstock.fastcgi.Role;
import dev.penstock.server.Application;
import dev.penstock.server.EventLog;
import dev.penstock.server.Pages;
import dev.penstock.server.Quietly;
import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// A Python application: which generation answers, and how the next one takes its place.
///
/// A reload loads a new generation beside the old one and swaps only when it can serve. When it does
/// not load, the old one goes on. Before there is a first one, requests are held while it loads, and
/// get a 500 that says why when it does not.
public final class PythonApplication implements Application, Generation.Owner {
    private final PythonSettings settings;
    private final EventLog log;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final List<CompletableFuture<Outcome>> reloads = new ArrayList<>();
    private final List<Generation> retiring = new ArrayList<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable Generation serving;
    private @Nullable Generation loading;
    private PythonSettings.@Nullable Failure failure;
    private int generations;
    private int killsInARow;
    private final LongAdder requests = new LongAdder();
    private boolean stopping;
    private volatile List<String> sources = List.of();

    /// A load that is killed so often in a row is given up.
    private static final int MAX_KILLS = 5;

    private static final long FIRST_WAIT_MS = 100;

    /// A request that waits for the first generation.
    private record Held(Request request, Response response, boolean retried) {}

    /// How a reload went.
    ///
    /// @param failure null when the new generation serves
    public record Outcome(int generation, PythonSettings.@Nullable Failure failure) {}

    public PythonApplication(PythonSettings settings, EventLog log) {
        this.settings = settings;
        this.log = log;
    }

    /// Begins to load a new generation; the first call starts the application. A load that is under way
    /// is given up, because it may have missed the change that this call is about.
    ///
    /// @return completed when the new generation serves or has failed
    public CompletableFuture<Outcome> reload() {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        Generation superseded;
        synchronized (this) {
            reloads.add(outcome);
            superseded = loading;
            loading = null;
        }
        if (superseded != null) {
            superseded.kill();
        }
        load();
        return outcome;
    }

    private void load() {
        int number;
        try {
            String token = Token.next();
            synchronized (this) {
                number = ++generations;
                Zygote zygote = Zygote.start(settings, number, token, log);
                loading = new Generation(settings, number, token, zygote, this, log);
                loading.follow();
            }
        } catch (IOException e) {
            failed(
                    null,
                    new PythonSettings.Failure(
                            "cannot start the interpreter: " + e.getMessage(),
                            "",
                            "is " + settings.python() + " a Python?"));
        }
    }

    /// A process has connected and named this token. Serves the connection until it ends, when it is a
    /// zygote of ours.
    ///
    /// @param pid the peer's, as the kernel tells it
    public void connected(String token, long pid, AFUNIXSocketChannel connection) {
        Generation generation;
        synchronized (this) {
            generation = loading;
        }
        if (generation == null || !generation.token().equals(token) || generation.zygotePid() != pid) {
            log.warning(settings.name(), "process " + pid + " is no zygote of this server");
            Quietly.close(connection);
            return;
        }
        generation.serve(connection);
    }

    @Override
    public Set<Role> roles() {
        return settings.roles();
    }

    @Override
    public void handle(Request request, Response response) {
        requests.increment();
        if (request.role() == Role.FILTER) {
            // One body on the wire; the worker cuts it in two.
            request.environ().set("penstock.input_length", Long.toString(request.inputLength()));
        } else {
            request.environ().remove("penstock.input_length"); // Not for a web server to say.
        }
        submit(request, response, false);
    }

    private void submit(Request request, Response response, boolean retried) {
        Generation current = serving;
        while (current != null && !current.submit(request, response, retried)) {
            Generation next = serving;
            current = next == current ? null : next;
        }
        if (current == null) {
            hold(request, response, retried);
        }
    }

    private void hold(Request request, Response response, boolean retried) {
        Generation now;
        PythonSettings.Failure why;
        synchronized (this) {
            now = serving;
            why = now == null && !stopping ? failure : null;
            if (now == null && loading != null) {
                held.add(new Held(request, response, retried));
                return;
            }
        }
        if (now == null || !now.submit(request, response, retried)) {
            refuse(request, response, why);
        }
    }

    private void refuse(Request request, Response response, PythonSettings.@Nullable Failure why) {
        request.body().close();
        boolean withBody = !request.method().equals("HEAD");
        if (why == null) {
            Pages.send(response, withBody, 503, "Service Unavailable", "The server is stopping.", "Retry-After", "1");
            return;
        }
        String detail = "The application did not start.\n";
        detail += settings.debug()
                ? why.traceback() + "\n" + why.error() + "\n" + why.hint()
                : "Its owner finds the reason with `penstock status`, and in the log: " + settings.log();
        Pages.send(response, withBody, 500, "Internal Server Error", detail);
    }

    // ---- Generations' events

    @Override
    public void ready(Generation generation) {
        Generation old;
        List<Held> waiting;
        List<CompletableFuture<Outcome>> told;
        synchronized (this) {
            if (loading != generation) {
                old = generation; // Superseded in the last moment.
                waiting = List.of();
                told = List.of();
            } else {
                old = serving;
                serving = generation;
                loading = null;
                failure = null;
                killsInARow = 0;
                waiting = List.copyOf(held);
                held.clear();
                told = List.copyOf(reloads);
                reloads.clear();
            }
            if (old != null) {
                retiring.add(old);
            }
        }
        log.info(settings.name(), "generation " + generation.number() + " serves");
        waiting.forEach(each -> submit(each.request, each.response, each.retried));
        if (old != null) {
            old.retire();
        }
        told.forEach(each -> each.complete(new Outcome(generation.number(), null)));
    }

    @Override
    public void failed(@Nullable Generation generation, PythonSettings.Failure why) {
        List<Held> waiting;
        List<CompletableFuture<Outcome>> told;
        int number;
        synchronized (this) {
            if (generation != null && loading != generation) {
                return; // A newer load has taken its place.
            }
            loading = null;
            failure = why;
            number = generations;
            waiting = serving == null ? List.copyOf(held) : List.of();
            held.removeAll(waiting);
            told = List.copyOf(reloads);
            reloads.clear();
        }
        log.error(
                settings.name(),
                "the application did not load: " + why.error() + "\n" + why.traceback()
                        + (why.hint().isEmpty() ? "" : "\n" + why.hint()));
        waiting.forEach(each -> refuse(each.request, each.response, why));
        told.forEach(each -> each.complete(new Outcome(number, why)));
    }

    @Override
    public void killed(Generation generation, PythonSettings.Failure why) {
        int kill;
        synchronized (this) {
            kill = loading == generation ? ++killsInARow : 0;
        }
        if (kill > MAX_KILLS) {
            failed(generation, why);
        } else if (kill > 0) {
            long wait = FIRST_WAIT_MS << kill;
            log.warning(settings.name(), why.error() + ": trying again in " + wait + " ms");
            CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS).execute(() -> loadAgain(generation));
        }
    }

    private void loadAgain(Generation killed) {
        boolean isCurrent;
        synchronized (this) {
            isCurrent = loading == killed && !stopping;
        }
        if (isCurrent) {
            load();
        }
    }

    @Override
    public void orphaned(Generation generation) {
        if (generation == serving && !isStopping()) {
            CompletableFuture<Outcome> _ = reload();
        }
    }

    @Override
    public void gone(Generation generation) {
        boolean last;
        synchronized (this) {
            retiring.remove(generation);
            if (serving == generation) {
                serving = null;
            }
            last = stopping && retiring.isEmpty();
        }
        log.info(settings.name(), "generation " + generation.number() + " has ended");
        if (last) {
            ended.complete(null);
        }
    }

    @Override
    public void again(Request request, Response response, boolean retried) {
        submit(request, response, retried);
    }

    @Override
    public void sources(List<String> folders) {
        sources = folders;
    }

    /// The folders of the files that the newest generation was made from, or would have been had it
    /// loaded. Empty before the first one, and when the settings do not ask to watch. Any thread.
    public List<String> sources() {
        return sources;
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    /// Loads anew if a file that the serving generation imported has changed.
    ///
    /// @return completed with whether it did, when the new generation serves or has failed
    public CompletableFuture<Boolean> reloadIfChanged() {
        Generation current = serving;
        if (current == null) {
            return CompletableFuture.completedFuture(false);
        }
        return current.askChanged().thenCompose(files -> {
            if (files.isEmpty()) {
                return CompletableFuture.completedFuture(false);
            }
            log.info(settings.name(), "changed: " + files.getFirst() + (files.size() > 1 ? " and others" : ""));
            return reload().thenApply(outcome -> true);
        });
    }

    /// Answers what has been taken, then ends every process.
    ///
    /// @return completed when none is left, at the latest soon after `shutdown_timeout`
    public CompletableFuture<Void> stop() {
        Generation current;
        Generation half;
        synchronized (this) {
            stopping = true;
            current = serving;
            half = loading;
            loading = null;
            if (current != null) {
                retiring.add(current);
            } else if (retiring.isEmpty()) {
                ended.complete(null);
            }
        }
        if (half != null) {
            half.kill();
        }
        if (current != null) {
            current.retire();
        }
        return ended;
    }

    /// Requests since the server started, over all generations.
    public long requests() {
        return requests.sum();
    }

    public synchronized PythonSettings.Status status() {
        Generation shown = serving;
        if (shown != null) {
            return shown.status(stopping ? "stopping" : "serving", failure);
        }
        Generation half = loading;
        if (half != null) {
            return half.status("loading", failure);
        }
        return new PythonSettings.Status(
                settings.name(),
                failure == null ? "stopped" : "failed",
                generations,
                -1,
                "",
                0,
                0,
                0,
                List.of(),
                failure);
    }
}
