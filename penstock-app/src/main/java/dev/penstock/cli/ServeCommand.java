package dev.penstock.cli;

import dev.penstock.deploy.Activation;
import dev.penstock.deploy.Launch;
import dev.penstock.deploy.ServerStart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `penstock serve TARGET`
@Command(
        name = "serve",
        description = {
            "Serve an application from this terminal until Ctrl-C.",
            "Without --http, --fcgi, --scgi and --uwsgi it listens for HTTP where [server:main] of the INI file says, or on"
                    + " 127.0.0.1:8080. Sockets that systemd or spawn-fcgi hand over speak FastCGI."
        },
        footer = {
            "%nExamples:",
            "  penstock serve development.ini --reload",
            "  penstock serve 'config:production.ini#admin' --fcgi /run/site/penstock.sock",
            "  penstock serve site.wsgi:application --http :8000 --workers 2",
            "  penstock serve development.ini --set idle_exit=5m --set debug=true",
            "%nWhat else can be set stands in docs/settings.md; the same keys go into a section [penstock] of the INI"
                    + " file, or into penstock.ini beside it."
        })
final class ServeCommand extends Subcommand {
    @Parameters(index = "0", paramLabel = "TARGET", description = "file.ini, config:file.ini#name, or module:callable")
    private String target = "";

    @Parameters(index = "1..*", paramLabel = "name=value", description = "What the INI file sees as its defaults.")
    private List<String> globalConf = new ArrayList<>();

    @Option(
            names = "--python",
            paramLabel = "PATH",
            description = "The interpreter or virtualenv of the application (otherwise the one beside the project).")
    private @Nullable String python;

    @Option(names = "--http", paramLabel = "HOST:PORT", description = "Listen for HTTP.")
    private @Nullable String http;

    @Option(
            names = "--fcgi",
            paramLabel = "PATH|@NAME|HOST:PORT",
            description = "Listen for FastCGI; can be given several times.")
    private List<String> fcgi = new ArrayList<>();

    @Option(names = "--scgi", paramLabel = "PATH|HOST:PORT", description = "Listen for SCGI, likewise.")
    private List<String> scgi = new ArrayList<>();

    @Option(names = "--uwsgi", paramLabel = "PATH|HOST:PORT", description = "Listen for the uwsgi protocol, likewise.")
    private List<String> uwsgi = new ArrayList<>();

    @Option(names = "--workers", paramLabel = "N", description = "Python processes.")
    private @Nullable String workers;

    @Option(names = "--threads", paramLabel = "N", description = "Threads in each of them.")
    private @Nullable String threads;

    @Option(names = "--reload", description = "Reload when a file of the application changes, for development.")
    private boolean reload;

    @Option(names = "--set", paramLabel = "key=value", description = "Any other setting; can be given several times.")
    private List<String> set = new ArrayList<>();

    @Option(names = "--instance", hidden = true, description = "The directory of the instance, made by the starter.")
    private @Nullable Path instance;

    @Override
    public Integer call() {
        Activation activation = activation();
        ServeArguments arguments =
                new ServeArguments(target, pairs("name=value", globalConf), options(), activation.sockets() > 0);
        PythonFinder pythons = new PythonFinder(System.getenv(), System.getProperty("penstock.python"));
        Path directory = Path.of("").toAbsolutePath();
        return ServerStart.run(arguments.deployment(directory, pythons), new Launch(instance, false, true, activation));
    }

    private static Activation activation() {
        try {
            boolean stdin = Boolean.getBoolean(Activation.STDIN_LISTENS);
            return Activation.of(
                    System.getenv(), stdin, () -> ProcessHandle.current().pid());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private List<ServeArguments.Option> options() {
        List<ServeArguments.Option> options = new ArrayList<>();
        add(options, "python", python);
        add(options, "http", http);
        add(options, "fcgi", fcgi.isEmpty() ? null : String.join("\n", fcgi));
        add(options, "scgi", scgi.isEmpty() ? null : String.join("\n", scgi));
        add(options, "uwsgi", uwsgi.isEmpty() ? null : String.join("\n", uwsgi));
        add(options, "workers", workers);
        add(options, "threads", threads);
        add(options, "reload", reload ? "changed" : null);
        pairs("--set", set)
                .forEach((name, value) -> options.add(new ServeArguments.Option(name, value, "--set " + name)));
        return options;
    }

    private static void add(List<ServeArguments.Option> options, String name, @Nullable String value) {
        if (value != null) {
            options.add(new ServeArguments.Option(name, value, "--" + name));
        }
    }

    private static Map<String, String> pairs(String where, List<String> words) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw CommandFailure.usage(where + ": expected name=value, found: " + word);
            }
            pairs.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return pairs;
    }
}
