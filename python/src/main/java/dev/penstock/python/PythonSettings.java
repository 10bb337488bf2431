package dev.penstock.python;

import dev.penstock.fastcgi.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How one Python application is to be run.
///
/// @param name what logs, `ps` and the status call it
/// @param python the interpreter, as the user named it: a virtualenv's is a link that must not be resolved
/// @param packageHome the folder of the Python package `penstock`
/// @param target what to load
/// @param directory the workers' working directory
/// @param pythonPath folders to add to `sys.path`
/// @param workers worker processes
/// @param threads threads of each
/// @param debug whether tracebacks are shown to visitors
/// @param watch whether the zygote tells where the application's files lie
/// @param control the instance's control socket, to which the zygote connects
/// @param temporary where temporary files go
/// @param log the log's path, for visitors who are the owner
/// @param startupTimeout how long an application may take to load
/// @param shutdownTimeout how long requests in flight may take when their generation retires
/// @param abortTimeout how long a worker may go on with a request whose client has gone; zero: for ever
/// @param roles what the application can be asked to be
/// @param stderrToServer whether what goes to `wsgi.errors` goes to the web server's log as well
public record PythonSettings(
        String name,
        Path python,
        Path packageHome,
        Target target,
        Path directory,
        List<String> pythonPath,
        int workers,
        int threads,
        boolean debug,
        boolean watch,
        Path control,
        Path temporary,
        Path log,
        Duration startupTimeout,
        Duration shutdownTimeout,
        Duration abortTimeout,
        Set<Role> roles,
        boolean stderrToServer) {

    /// What the zygote loads.
    public sealed interface Target {
        /// A dispatch script, run as the web server would.
        record Script(Path path) implements Target {}

        /// A Paste Deploy URI, `config:/absolute/file.ini#name`.
        record Config(String uri, Map<String, String> globalConf) implements Target {}

        /// `package.module:attribute`.
        record Callable(String spec) implements Target {}
    }

    /// What went wrong while an application was loaded.
    ///
    /// @param error the traceback's last line
    /// @param hint the next step, or empty
    public record Failure(String error, String traceback, String hint) {}

    /// A worker as the status shows it.
    public record WorkerStatus(int number, long pid, long served, long ageMillis) {}

    /// An application as the status shows it.
    ///
    /// @param state `loading`, `serving`, `failed` or `stopped`
    /// @param failure of the last load, if it failed; an older generation may be serving
    public record Status(
            String name,
            String state,
            int generation,
            long zygotePid,
            String loaded,
            long requests,
            int inFlight,
            int waiting,
            List<WorkerStatus> workers,
            @Nullable Failure failure) {}
}
