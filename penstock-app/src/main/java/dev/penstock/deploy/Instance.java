package dev.penstock.deploy;

import dev.penstock.control.Commands;
import dev.penstock.control.ControlServer;
import dev.penstock.control.Dispatches;
import dev.penstock.python.PythonApplication;
import dev.penstock.python.PythonSettings;
import dev.penstock.server.ConnectionThreads;
import dev.penstock.server.Quietly;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// A running server: everything wired together around an application that [ServerStart] has begun to load.
public final class Instance implements Commands {
    private final Deployment deployment;
    private final Launch launch;
    private final Path directory;
    private final LogFile log;
    private final PythonApplication application;
    private final ConnectionThreads threads = new ConnectionThreads();
    private final Front front;
    private final RestartFiles restartFiles;
    private final long startNanos = System.nanoTime();
    private final CountDownLatch stopAsked = new CountDownLatch(1);
    private final AtomicBoolean stopped = new AtomicBoolean();
    private volatile boolean forGood;
    private @Nullable Dispatches dispatches;
    private @Nullable AFUNIXServerSocketChannel control;

    Instance(Deployment deployment, Launch launch, Path directory, LogFile log, PythonApplication application)
            throws IOException {
        this.deployment = deployment;
        this.launch = launch;
        this.directory = directory;
        this.log = log;
        this.application = application;
        this.front = new Front(deployment, directory, application, threads, log);
        this.restartFiles = RestartFiles.of(deployment.target(), restartFolders());
    }

    /// Runs until it is told to stop.
    ///
    /// @param socket the control socket
    /// @return the exit status: 0, or 1 when it could not listen
    int run(AFUNIXServerSocketChannel socket) throws IOException {
        log.info(
                deployment.name(),
                "server " + ProcessHandle.current().pid() + " starts, its directory is " + directory);
        deployment.problems().forEach(problem -> log.error("settings", problem));
        Dispatches watched = new Dispatches(front::dispatched, log);
        dispatches = watched;
        control = socket;
        daemon("dispatches", watched);
        daemon("control", new ControlServer(socket, deployment.served(), this, watched, threads, log));
        Thread atExit = new Thread(this::stop, "stop");
        Runtime.getRuntime().addShutdownHook(atExit);
        if (!isOnTerminal()) {
            HangUp.run(() -> reloadBecause("SIGHUP"));
        }
        try (SourceWatch _ = watchSources()) {
            if (!listens()) {
                stop();
                return 1;
            }
            watch(watched);
        }
        stop();
        return 0;
    }

    private @Nullable SourceWatch watchSources() throws IOException {
        if (!deployment.settings().reloadsOnChange()) {
            return null;
        }
        SourceWatch sources = new SourceWatch(
                application, restartFolders().getFirst(), deployment.settings().get(Settings.RELOAD_PATTERNS), log);
        daemon("reload", sources);
        return sources;
    }

    /// Where the hang-up of a terminal means the end.
    private static boolean isOnTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /// Opens the listeners. False when one cannot be opened and that is the end; a server that a dispatch
    /// has started has the dispatch's socket at least.
    private boolean listens() {
        try {
            listen();
            return true;
        } catch (IOException e) {
            log.error(deployment.name(), String.valueOf(e.getMessage()));
            return launch.startedByDispatch();
        }
    }

    private void listen() throws IOException {
        front.listen(launch.activation());
        if (launch.foreground()) {
            front.addresses().forEach(each -> log.info(deployment.name(), "listens on " + each));
            log.info(
                    deployment.name(),
                    what() + ", workers: " + deployment.settings().get(Settings.WORKERS) + ", threads in each: "
                            + deployment.settings().get(Settings.THREADS) + ", Python: " + deployment.python());
        }
    }

    /// The one loop of the main thread: deadlines, touched files, the end.
    private void watch(Dispatches watched) {
        long idleExit = deployment.settings().get(Settings.IDLE_EXIT).toSeconds();
        while (!awaitStop()) {
            front.tick();
            if (restartFiles.touched()) {
                reloadBecause("a touched file");
            }
            if (launch.startedByDispatch() && watched.idleSeconds() > idleExit) {
                log.info(deployment.name(), "no dispatch for " + idleExit + " s (idle_exit)");
                return;
            }
        }
    }

    private void reloadBecause(String reason) {
        log.info(deployment.name(), "reload by " + reason);
        CompletableFuture<PythonApplication.Outcome> _ = application.reload();
    }

    private boolean awaitStop() {
        try {
            return stopAsked.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    /// Ends in order: accepts nothing more, answers what it has, ends the workers. Once.
    private void stop() {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        Duration grace = deployment.settings().get(Settings.SHUTDOWN_TIMEOUT);
        Quietly.close(control);
        Dispatches watched = dispatches;
        if (watched != null) {
            watched.release(forGood);
        }
        front.close(grace);
        endApplication(grace);
        front.end();
        log.info(deployment.name(), "server " + ProcessHandle.current().pid() + " ends");
        log.close();
    }

    /// What was accepted is answered before the application is told to end: a request that is on its way in would
    /// find nobody.
    private void endApplication(Duration grace) {
        long end = System.nanoTime() + grace.toNanos();
        try {
            while (front.closesIdle() && System.nanoTime() < end) {
                Thread.sleep(10);
            }
            long left = Math.max(0, end - System.nanoTime()) / 1_000_000;
            application.stop().get(left + 1000, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.warning(deployment.name(), "requests were cut after " + grace.toSeconds() + " s (shutdown_timeout)");
        } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
            log.warning(deployment.name(), "the end was not in order: " + e.getMessage());
        }
    }

    // ---- Commands

    @Override
    public void run(List<String> words, Output output) throws IOException {
        switch (words.getFirst()) {
            case "status" -> status(words, output);
            case "reload" -> reload(output);
            case "stop" -> {
                output.line("stopping " + deployment.name());
                output.line("exit 0");
                forGood = true;
                stopAsked.countDown();
            }
            default -> {
                output.line("unknown command; this server knows status, reload and stop");
                output.line("exit 2");
            }
        }
    }

    private void status(List<String> words, Output output) throws IOException {
        StatusReport report = report();
        if (words.contains("json")) {
            output.line(report.json());
        } else {
            for (String line : report.text()) {
                output.line(line);
            }
        }
        output.line("exit 0");
    }

    private void reload(Output output) throws IOException {
        PythonApplication.Outcome outcome = application.reload().join();
        PythonSettings.Failure failure = outcome.failure();
        if (failure == null) {
            output.line("reloaded " + deployment.name() + ": generation " + outcome.generation() + " serves");
            output.line("exit 0");
            return;
        }
        boolean oldServes = application.status().state().equals("serving");
        output.line(deployment.name() + " did not load"
                + (oldServes ? "; the old generation goes on serving" : "; nothing serves"));
        for (String line : (failure.traceback() + "\n" + failure.error() + "\n" + failure.hint())
                .strip()
                .lines()
                .toList()) {
            output.line(line);
        }
        output.line("exit 1");
    }

    /// After all dispatches were killed (`killall dispatch.fcgi`, a restart of the web server) people
    /// expect that new code is loaded.
    @Override
    public void attached(boolean first) {
        if (first && application.status().state().equals("serving")) {
            try {
                application
                        .reloadIfChanged()
                        .get(deployment.settings().get(Settings.STARTUP_TIMEOUT).toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException | java.util.concurrent.ExecutionException | TimeoutException e) {
                log.warning(deployment.name(), "could not find out whether files have changed: " + e.getMessage());
            }
        } else if (first && application.status().state().equals("failed")) {
            CompletableFuture<PythonApplication.Outcome> _ = application.reload();
        }
    }

    @Override
    public void zygote(String token, long pid, AFUNIXSocketChannel connection) {
        application.connected(token, pid, connection);
    }

    @Override
    public void cgi(AFUNIXSocketChannel connection) {
        front.cgi(connection);
    }

    private StatusReport report() {
        Dispatches watched = dispatches;
        return new StatusReport(
                ProcessHandle.current().pid(),
                (System.nanoTime() - startNanos) / 1_000_000_000,
                directory.toString(),
                log.path().toString(),
                front.addresses(),
                watched == null ? List.of() : watched.status(),
                application.requests(),
                front.connections(),
                front.counters(),
                application.status(),
                log.lastError());
    }

    // ---- What the parts are made from

    private String what() {
        return switch (deployment.target()) {
            case Target.Script(Path path) -> path.toString();
            case Target.Config config -> config.uri();
            case Target.Callable(String spec, Path folder) -> spec + " in " + folder;
        };
    }

    private List<Path> restartFolders() {
        Path folder = Files.isDirectory(deployment.served())
                ? deployment.served()
                : deployment.served().resolveSibling("").toAbsolutePath();
        return List.of(folder, deployment.directory());
    }
}
