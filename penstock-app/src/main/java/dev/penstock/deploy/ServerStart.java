package dev.penstock.deploy;

import dev.penstock.python.PythonApplication;
import dev.penstock.python.PythonSettings;
import dev.penstock.server.EventLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;

/// The first moments of a server.
///
/// Python imports the application in its own process, and a visitor may be waiting: where a dispatch has
/// made the control socket, the zygote is started before anything else of this server is even loaded. So
/// what runs up to there names few classes, and has no lambda, stream or type switch: the first one of
/// each costs a JVM without an AOT cache more time than all the rest together.
public final class ServerStart {
    private ServerStart() {}

    /// Runs a server until it is told to stop.
    ///
    /// @return the exit status: 0, or 1 when it could not start
    public static int run(Deployment deployment, Launch launch) {
        try {
            Path directory = directory(deployment, launch);
            AFUNIXServerSocketChannel bound =
                    launch.startedByDispatch() ? null : ControlSocket.bind(directory, deployment.served());
            LogFile log = log(deployment, launch, directory);
            PythonApplication application = new PythonApplication(settings(deployment, directory, log.path()), log);
            CompletableFuture<PythonApplication.Outcome> _ = application.reload();
            Instance instance = new Instance(deployment, launch, directory, log, application);
            return instance.run(bound == null ? ControlSocket.inherited() : bound);
        } catch (IOException e) {
            System.err.println("penstock: " + e.getMessage());
            return 1;
        }
    }

    private static Path directory(Deployment deployment, Launch launch) throws IOException {
        Path given = launch.instanceDirectory();
        if (given != null) {
            return given;
        }
        @Nullable Path runDirectory = deployment.settings().get(Settings.RUN_DIR).orElse(null);
        return InstanceDirectory.open(InstanceId.of(deployment.target()).id(), runDirectory);
    }

    private static LogFile log(Deployment deployment, Launch launch, Path directory) {
        Path path = deployment.settings().get(Settings.LOG).orElse(directory.resolve("penstock.log"));
        return new LogFile(path, launch.foreground() ? EventLog.Level.INFO : EventLog.Level.WARNING);
    }

    private static PythonSettings settings(Deployment deployment, Path directory, Path log) {
        Settings settings = deployment.settings();
        List<String> pythonPath = new ArrayList<>();
        for (Path folder : settings.get(Settings.PYTHON_PATH)) {
            pythonPath.add(folder.toString());
        }
        return new PythonSettings(
                deployment.name(),
                deployment.python(),
                Path.of(System.getProperty("penstock.home", ".")),
                deployment.target().forPython(),
                deployment.directory(),
                pythonPath,
                settings.get(Settings.WORKERS),
                settings.get(Settings.THREADS),
                settings.get(Settings.DEBUG),
                settings.reloadsOnChange(),
                directory.resolve("control"),
                directory,
                log,
                settings.get(Settings.STARTUP_TIMEOUT),
                settings.get(Settings.SHUTDOWN_TIMEOUT),
                settings.get(Settings.ABORT_TIMEOUT),
                settings.get(Settings.ROLE),
                settings.get(Settings.STDERR_TO_SERVER));
    }
}
