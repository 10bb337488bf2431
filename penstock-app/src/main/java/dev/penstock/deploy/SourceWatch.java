package dev.penstock.deploy;

import dev.penstock.python.PythonApplication;
import dev.penstock.server.EventLog;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Reloads the application when a file that it was made from has changed: `reload = changed`, for
/// development. A thread of its own.
///
/// It watches the folders of the imported files, which the zygote tells, and all folders below the
/// application's for the templates. Whether a changed module was imported is for the zygote to say.
final class SourceWatch implements Runnable, AutoCloseable {
    /// An editor makes several changes of one: they are over when nothing has come for so long.
    private static final long QUIET_MS = 50;

    /// How long it takes at the most to see that a new generation has other folders.
    private static final long LOOK_MS = 500;

    /// Folders of templates at the most: who starts a server in `/` shall not wait for a walk through it.
    private static final int MAX_FOLDERS = 2000;

    private final PythonApplication application;
    private final Path project;
    private final List<PathMatcher> templates;
    private final EventLog log;
    private final WatchService watch;
    private final Set<Path> watched = new HashSet<>();
    private List<String> sources = List.of();

    /// @param project below which templates lie
    /// @param patterns `reload_patterns`
    SourceWatch(PythonApplication application, Path project, List<String> patterns, EventLog log) throws IOException {
        this.application = application;
        this.project = project;
        this.templates = patterns.stream()
                .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
                .toList();
        this.log = log;
        this.watch = FileSystems.getDefault().newWatchService();
        if (!templates.isEmpty()) {
            followProject();
        }
    }

    private enum Change {
        NONE,
        SOURCE,
        TEMPLATE
    }

    @Override
    public void run() {
        try {
            while (true) {
                follow(application.sources());
                Change change = next(LOOK_MS);
                for (Change more = change; more != Change.NONE; more = next(QUIET_MS)) {
                    change = more.compareTo(change) > 0 ? more : change;
                }
                act(change);
            }
        } catch (ClosedWatchServiceException | InterruptedException e) {
            // The server ends.
        }
    }

    /// The weightiest of the changes that come within so many milliseconds, in one folder.
    private Change next(long millis) throws InterruptedException {
        WatchKey key = watch.poll(millis, TimeUnit.MILLISECONDS);
        Change change = Change.NONE;
        if (key != null) {
            for (WatchEvent<?> event : key.pollEvents()) {
                Change one = event.context() instanceof Path file ? change(file) : Change.SOURCE;
                change = one.compareTo(change) > 0 ? one : change;
            }
            key.reset();
        }
        return change;
    }

    private Change change(Path file) {
        if (templates.stream().anyMatch(pattern -> pattern.matches(file))) {
            return Change.TEMPLATE;
        }
        String name = file.toString();
        return name.endsWith(".py") || name.endsWith(".ini") || name.endsWith(".fcgi") ? Change.SOURCE : Change.NONE;
    }

    private void act(Change change) {
        if (change == Change.NONE) {
            return;
        }
        if (change == Change.TEMPLATE || !application.status().state().equals("serving")) {
            log.info("reload", "a changed file");
            CompletableFuture<PythonApplication.Outcome> _ = application.reload();
        } else {
            CompletableFuture<Boolean> _ = application.reloadIfChanged();
        }
    }

    private void follow(List<String> folders) {
        if (folders.equals(sources)) {
            return;
        }
        sources = folders;
        folders.forEach(folder -> register(Path.of(folder)));
        if (application.status().state().equals("serving")) {
            act(Change.SOURCE); // What changed before its folder was watched.
        }
    }

    private void followProject() {
        try {
            Files.walkFileTree(project, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    if (watched.size() >= MAX_FOLDERS) {
                        return FileVisitResult.TERMINATE;
                    }
                    if (isForeign(folder)) {
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                    register(folder);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException reason) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException reason) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            log.warning("reload", "cannot look for templates in " + project + ": " + e.getMessage());
        }
    }

    /// Hidden folders, virtualenvs, and what other tools keep.
    private boolean isForeign(Path folder) {
        String name = String.valueOf(folder.getFileName());
        return !folder.equals(project)
                && (name.startsWith(".")
                        || name.equals("node_modules")
                        || name.equals("__pycache__")
                        || Files.exists(folder.resolve("pyvenv.cfg")));
    }

    private void register(Path folder) {
        if (watched.add(folder)) {
            try {
                folder.register(
                        watch,
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_MODIFY,
                        StandardWatchEventKinds.ENTRY_DELETE);
            } catch (IOException e) {
                log.event(EventLog.Level.DEBUG, "reload", "cannot watch " + folder + ": " + e.getMessage());
            }
        }
    }

    /// Ends the thread.
    @Override
    public void close() throws IOException {
        watch.close();
    }
}
